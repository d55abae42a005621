#!/bin/sh
# plot.sh FOLDER: draws what the benchmark has measured last.
set -eu
folder=$1
if [ ! -f "$folder/summary.tsv" ]; then
  echo "there is nothing to draw yet; ./dev bench measures it first" >&2
  exit 1
fi
gnuplot -e "summary='$folder/summary.tsv'; plot_file='$folder/plot.svg'" \
  "$(dirname "$0")/plot.gp"
echo "Drawn from $folder/summary.tsv: $folder/plot.svg"
