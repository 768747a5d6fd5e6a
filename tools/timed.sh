#!/bin/sh
# timed.sh LABEL COMMAND...: runs a command and says how long it took.
label=$1
shift
began=$(date +%s)
"$@"
code=$?
echo "[$label: $(($(date +%s) - began)) s]"
exit $code
