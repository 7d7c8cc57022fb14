#!/bin/sh
# Replays the corpus as a test of kselftest: KTAP on standard output, everything else on standard error, and kselftest's exit
# codes: 0 pass, 1 fail, 4 skip. Arguments are those of `faultline replay`, such as --target ssh:box.
cd "$(dirname "$0")/../.." || exit 1
npm run -s replay -- --reporter ktap "$@"
status=$?
case $status in
0 | 4) exit $status ;;
*) exit 1 ;;
esac
