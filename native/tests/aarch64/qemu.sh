#!/bin/sh
# Runs test programs on a KVM inside QEMU: qemu.sh KERNEL INIT PROGRAM...
# QEMU and CPU choose the emulator and its processor.
set -eu
kernel=$1
init=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/root"
cp "$init" "$work/root/init"
names=
for program; do
  cp "$program" "$work/root/"
  names="$names /${program##*/}"
done
(cd "$work/root" && find . | cpio -o -H newc --quiet) >"$work/initrd"
# One thread for all processors: with more, emulated compare-and-swap faults as no processor does.
${QEMU:-qemu-system-aarch64} -M virt,virtualization=on,gic-version=3 -cpu "${CPU:-neoverse-n1}" -smp 1 -m 1024 \
  -accel tcg,thread=single -kernel "$kernel" -initrd "$work/initrd" -net none -nographic -no-reboot \
  -append "console=ttyAMA0 quiet panic=-1 --$names" </dev/null 2>/dev/null | tr -d '\r' | tee "$work/log"
for name in $names; do
  grep -q "^ok $name\$" "$work/log"
done
