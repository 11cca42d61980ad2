#!/bin/sh
# Installs integration services into this system, or takes them out again.
#
#   sh /mnt/cdrom/install.sh
#   sh /mnt/cdrom/install.sh --remove
export PATH=/sbin:/bin:/usr/sbin:/usr/bin
disc=$(cd "${0%/*}" && pwd)
release=$(uname -r)
modules=/lib/modules/$release
# What was installed, one path a line. Start scripts look for it too.
kept=/var/lib/integration-services
archive=services.gz
# Classes of the controllers whose disks the emulated drivers hold until the next start.
disk_classes='{32412632-86cb-44a2-9b5c-50d1417354f5} {ba6163d9-04a1-4d29-b605-72e2ffb1dc7f}'

say() { echo "Integration services: $*"; }
fail() {
  say "$*"
  exit 1
}

# Copies a file that is not there yet, and remembers it.
add() {
  [ ! -e "$2" ] || return 0
  mkdir -p "${2%/*}" && cp "$1" "$2" || fail "$2 could not be written. Is the disk full? Nothing else was changed; run this with --remove."
  echo "$2" >>$kept/files
}

# What finds the root file system learns of the synthetic disk: a second archive beside the first one.
make_archive() {
  early=/tmp/early
  rm -rf $early
  for name in hv_vmbus scsi_transport_fc hv_storvsc; do
    path=$(sed -n "s|^\(.*/$name\.ko\):.*|\1|p" "$modules/modules.dep")
    mkdir -p "$early$modules/${path%/*}"
    cp "$modules/$path" "$early$modules/$path"
  done
  for index in dep alias symbols; do
    [ ! -e "$modules/modules.$index" ] || cp "$modules/modules.$index" "$early$modules/"
  done
  (cd $early && find . | cpio -o -H newc 2>/dev/null | gzip)
  rm -rf $early
}

# Mounts the boot partition and makes the boot loader load the second archive, or no longer.
change_boot() {
  modprobe -a vfat nls_cp437 nls_ascii 2>/dev/null
  mount /boot || fail "the boot partition cannot be mounted; the system starts as before."
  if [ "$1" = with ]; then
    make_archive >/boot/$archive
    sed -i "s|INITRD .*|INITRD /initramfs.gz,/$archive|" /boot/syslinux.cfg
  else
    sed -i 's|INITRD .*|INITRD /initramfs.gz|' /boot/syslinux.cfg
    rm -f /boot/$archive
  fi
  sync
  umount /boot
}

# Names of network adapters whose driver is, or is not, the synthetic one.
adapters() {
  for adapter in /sys/class/net/eth*; do
    [ -e "$adapter/device/driver" ] || continue
    driver=$(readlink "$adapter/device/driver")
    kind=emulated
    [ "${driver##*/}" != hv_netvsc ] || kind=synthetic
    [ $kind != "$1" ] || echo "${adapter##*/}"
  done
}

# Addresses of one adapter go to another: those a person gave, and the one that was leased, if its server agrees.
move_addresses() {
  lease=$(cat "/run/lease.$1" 2>/dev/null)
  given=$(ip -4 -o addr show dev "$1" | sed -n 's|.* inet \([0-9./]*\).*|\1|p' | grep -v -x -F "${lease:-none}")
  if [ -e "/run/udhcpc.$1.pid" ]; then
    read -r client <"/run/udhcpc.$1.pid"
    kill -USR2 "$client" 2>/dev/null && usleep 300000
    kill "$client" 2>/dev/null
    rm -f "/run/udhcpc.$1.pid" "/run/lease.$1"
  fi
  ip addr flush dev "$1"
  ip link set "$1" down
  ip link set "$2" up
  for address in $given; do
    ip addr add "$address" brd + dev "$2"
    arping -q -U -c 1 -w 1 -I "$2" "${address%/*}" &
  done
  udhcpc -b -S -t 3 -T 1 ${lease:+-r ${lease%/*}} -p "/run/udhcpc.$2.pid" -i "$2" >/dev/null 2>&1 &
  say "network: from $1 to $2${given:+, with $given}"
}

# Each adapter of one kind gives way to one of the other.
move_network() {
  set -- $(adapters "$1") -- $(adapters "$2")
  from=''
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    from="$from $1"
    shift
  done
  shift
  for old in $from; do
    if [ $# = 0 ]; then
      say "network: this machine has no other adapter for $old; it stays as it is"
      continue
    fi
    move_addresses "$old" "$1"
    shift
  done
}

# Drivers for what the bus offers now, but for disks.
load_now() {
  modprobe hv_vmbus || fail "the bus could not be opened. Is this a Hyper-V virtual machine? Run this with --remove."
  usleep 500000
  aliases=''
  for device in /sys/bus/vmbus/devices/*; do
    [ -e "$device/class_id" ] || continue
    read -r class <"$device/class_id"
    read -r alias <"$device/modalias"
    case $disk_classes in *"$class"*) ;; *) aliases="$aliases $alias" ;; esac
  done
  [ -z "$aliases" ] || modprobe -a -q $aliases 2>/dev/null
  usleep 500000
  for daemon in kvp vss; do
    [ ! -e /dev/vmbus/hv_$daemon ] || hv_${daemon}_daemon
  done
  ! modprobe -q hv_sock || tabvisor-guest serve
}

install() {
  if [ -e $kept ]; then
    say "they are installed already. To take them out: sh $0 --remove"
    exit 0
  fi
  [ ! -e "$modules/kernel/drivers/hv/hv_vmbus.ko" ] || {
    say "this system came with them; there is nothing to do."
    exit 0
  }
  [ -d "$disc/modules/$release" ] ||
    fail "this disk is for the kernel $(ls "$disc/modules"), and this system runs $release. Nothing was changed. Start the system with that kernel, or use a setup disk for $release."
  [ -e /etc/drivers ] && grep -q '/boot' /etc/fstab ||
    fail "this is a system whose start scripts this disk does not know. Nothing was changed."
  mkdir -p $kept
  : >$kept/files
  (cd "$disc/modules/$release" && find . -name '*.ko') | while read -r path; do
    add "$disc/modules/$release/$path" "$modules/${path#./}"
  done || exit 1
  for daemon in "$disc"/daemons/*; do
    add "$daemon" "/sbin/${daemon##*/}"
    chmod 755 "/sbin/${daemon##*/}"
  done
  ln -s tabvisor-guest /sbin/sendtohost && echo /sbin/sendtohost >>$kept/files
  say "$(wc -l <$kept/files) files copied for the kernel $release"
  depmod -a
  change_boot with
  load_now
  move_network emulated synthetic
  say "installed. The disk changes over when the system starts again: reboot"
}

remove() {
  [ -e $kept/files ] || {
    say "they are not installed."
    exit 0
  }
  killall hv_kvp_daemon hv_vss_daemon tabvisor-guest 2>/dev/null
  # The start scripts leave the emulated adapters alone while there are synthetic ones.
  for file in /sys/bus/pci/devices/*/modalias; do
    read -r alias <"$file"
    case $alias in *bc02sc*) modprobe -q "$alias" ;; esac
  done
  usleep 500000
  move_network synthetic emulated
  # What disks need stays loaded until the next start.
  for module in hv_netvsc hv_utils hv_balloon hyperv_keyboard hid_hyperv hyperv_drm hv_sock uio_hv_generic; do
    ! grep -q "^$module " /proc/modules || rmmod $module 2>/dev/null
  done
  [ -d /sys/module/hv_storvsc ] || rmmod hv_vmbus 2>/dev/null
  change_boot without
  while read -r path; do
    rm -f "$path"
    rmdir -p "${path%/*}" 2>/dev/null
  done <$kept/files
  depmod -a
  rm -rf $kept
  sync
  say "removed. The system uses emulated devices only when it starts again: reboot"
}

case "$1" in
  '') install ;;
  --remove) remove ;;
  *) fail "usage: sh $0 [--remove]" ;;
esac
