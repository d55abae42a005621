#!/bin/sh
# inside.sh: what a root runs.
exec sh /hvuv/tests/lab/matrix/build.sh /hvuv-build gcc \
  'unit|stream|transport|example' ''
