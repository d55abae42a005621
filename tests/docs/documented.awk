# documented.awk HEADER...: each function, object and type that a public header offers
# has a comment above it, its own or that of the group it stands in, with no empty line
# between. Prints those that have none; then the exit code is 1.
FNR == 1 { has_comment = 0 }
/^$/ { has_comment = 0 }
/\*\/$/ { has_comment = 1 }

/^HVUV_EXTERN / || /^typedef .*\(\*hvuv_/ || /^typedef (struct|enum) hvuv_[a-z_]* \{$/ {
  if (!has_comment) {
    print FILENAME ":" FNR ": no comment: " $0
    bad = 1
  }
}

END { exit bad }
