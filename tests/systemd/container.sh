# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# container.sh - A Debian with a systemd of its own, booted in systemd-nspawn and without a network.
# To be sourced. Functions: begin, boot, inside, reboot. They use $source and $work (a folder for all
# that is made), and set $root, $container and $leader.
# A base root is kept in $work as a tarball, so that the mirror is asked once.

: "${source:?}" "${work:?}"
# shellcheck source=scripts/apt-mirror.sh
. "$source/scripts/apt-mirror.sh"
skipped=77
root=
container= # the process that holds all of it
leader=    # number 1 inside
control_groups=()

say() { printf '# %s\n' "$*"; }

skip() {
  printf '1..0 # SKIP %s\n' "$*"
  exit "$skipped"
}

fail() {
  printf 'not ok - %s\n' "$1"
  for log in "${@:2}"; do
    if [[ -s $log ]]; then tail -n 40 "$log" | sed "s|^|#   ${log##*/}: |"; fi
  done
  exit 1
}

# Looks every 50 ms, for at most $1 seconds.
wait_for() {
  local until=$((SECONDS + $1))
  shift
  while ((SECONDS <= until)); do
    if "$@"; then return 0; fi
    sleep 0.05
  done
  return 1
}

# What this machine cannot do is found out before anything is downloaded.
need_containers() {
  ((EUID == 0)) || skip "not root; systemd-nspawn must be run by root"
  local program
  for program in debootstrap systemd-nspawn nsenter; do
    [[ -n $(type -P "$program") ]] || skip "no $program; scripts/install-deps.sh --test installs it"
  done
  [[ $(. /etc/os-release && echo "$ID") == debian ]] || skip "this is not Debian"
  unshare --mount --pid --net --uts --ipc --fork --mount-proc \
    sh -c 'mount -t tmpfs tmpfs /mnt && mknod /mnt/null c 1 3 && : >/mnt/null' 2>/dev/null ||
    skip "namespaces, mounts or devices are refused here"
}

make_base() {
  local suite=$1 packages=$2 base=$3 log=$work/debootstrap.log mirror
  local -a mirror_argument=()
  mirror=$(mirror_of_apt "$suite")
  if [[ -n $mirror ]]; then mirror_argument=("$mirror"); fi
  say "debootstrap $suite; this is done once and takes a minute or two"
  use_proxy_of_apt
  mkdir -p "$root/etc/dpkg/dpkg.cfg.d"
  echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/test" # nothing here must survive a power cut
  if ! debootstrap --variant=minbase --include="$packages" "$suite" "$root" \
    "${mirror_argument[@]}" >"$log" 2>&1; then
    sed 's/^/#   /' <(tail -n 20 "$log")
    if grep -q "Couldn't find these debs" "$log"; then
      fail "the runtime packages of scripts/install-deps.sh are not in Debian $suite"
    fi
    skip "debootstrap could not make a root from ${mirror:-its default mirror}"
  fi
  rm -f "$root"/var/cache/apt/archives/*.deb "$work"/base-*
  tar -C "$root" -I 'gzip -1' -cf "$base.new" .
  mv "$base.new" "$base"
}

# In memory: nothing of it has to be written or removed, and it goes with the last mount namespace
# that has it.
mount_root() { mount -t tmpfs -o mode=755,size=2g tmpfs "$root"; }

# A fresh root with all that the installed programs need, from the tarball if that is whole.
make_root() {
  local suite packages base
  suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
  packages=$("$source/scripts/install-deps.sh" --list --runtime --broker | paste -sd,)
  packages=systemd,systemd-sysv,dbus,$packages
  base=$work/base-$(sha256sum <<<"$suite $packages" | cut -c -16).tar.gz
  root=$work/root
  mkdir -p "$root"
  mount_root
  if [[ -e $base ]] && ! tar -C "$root" -xzf "$base" 2>/dev/null; then
    say "the kept root is broken and is made anew"
    rm -f "$base"
    umount "$root"
    mount_root
  fi
  if [[ ! -e $base ]]; then make_base "$suite" "$packages" "$base"; fi
  mkdir -p "$root/var/log/journal"
  echo "127.0.0.1 localhost" >"$root/etc/hosts"
}

# Folders of its own among the control groups, where systemd keeps its: so that two containers do
# not share theirs.
make_control_groups() {
  local controllers path mount
  while IFS=: read -r _ controllers path; do
    mount=/sys/fs/cgroup/systemd
    if [[ -z $controllers ]]; then
      mount=/sys/fs/cgroup/unified
      [[ -d $mount ]] || mount=/sys/fs/cgroup
    elif [[ $controllers != name=systemd ]]; then
      continue
    fi
    path=$mount${path%/}/iotcardd-test-$$
    if mkdir "$path" 2>/dev/null; then control_groups+=("$path"); fi
  done </proc/self/cgroup
}

# The container in process numbers of its own: whatever ends this script ends all that is in it.
# Becomes it, so it wants a shell of its own.
# shellcheck disable=SC2016
run_nspawn() {
  exec setpriv --pdeathsig KILL bash -c '
    while [[ $1 != -- ]]; do echo $$ >"$1/cgroup.procs" || true; shift; done
    exec unshare --pid --mount-proc --fork --kill-child bash -c "
      mkdir -p /run/systemd/nspawn && mount -t tmpfs tmpfs /run/systemd/nspawn &&
      exec systemd-nspawn \"\$@\"" "$@"' - \
    "${control_groups[@]}" -- --quiet --register=no --keep-unit --private-network \
    --machine=iotcardd-test --directory="$root" "$@"
}

children() { cat "/proc/$1/task/$1/children" 2>/dev/null || true; }

# The process that is number 1 inside: a child of nspawn's, which is a child of unshare's.
find_leader() {
  local nspawn child
  for nspawn in $(children "$container"); do
    for child in $(children "$nspawn"); do
      if grep -qs $'^NSpid:.*\t1$' "/proc/$child/status"; then leader=$child && return 0; fi
    done
  done
  return 1
}

inside() { nsenter --all --target "$leader" "$@"; }

booted() {
  find_leader && [[ $(inside systemctl is-system-running 2>/dev/null) =~ ^(running|degraded)$ ]]
}

booted_or_ended() { [[ ! -d /proc/$container ]] || booted; }

# Whether it can be, which only nspawn itself can say.
try_container() {
  make_control_groups
  (run_nspawn true) </dev/null >"$work/console.log" 2>&1 ||
    skip "systemd-nspawn cannot make a container here: $(tail -n 1 "$work/console.log")"
}

boot() {
  (run_nspawn --boot --console=read-only) </dev/null >"$work/console.log" 2>&1 &
  container=$!
  wait_for 60 booted_or_ended || fail "the container boots" "$work/console.log"
  [[ -d /proc/$container ]] || fail "the container stays up" "$work/console.log"
}

# nspawn leaves the second half to whoever started it, and says so by its exit status.
reboot() {
  local status=0
  inside systemctl reboot 2>/dev/null || true
  wait_for 60 test ! -d "/proc/$container" || fail "the container goes down" "$work/console.log"
  wait "$container" || status=$?
  ((status == 133)) || fail "nspawn sees a reboot, not $status" "$work/console.log"
  boot
}

remove_control_groups() {
  local folder
  for folder in "${control_groups[@]}"; do
    if [[ -d $folder ]]; then find "$folder" -depth -type d -exec rmdir {} + 2>/dev/null || return 1; fi
  done
}

# From the inside out, so that each is waited for by the one that made it; else all at once.
end_container() {
  if [[ $container ]]; then
    if [[ $leader ]]; then kill -KILL "$leader" 2>/dev/null || true; fi
    wait_for 5 test ! -e "/proc/$container/exe" || kill -KILL "$container" 2>/dev/null || true
    wait "$container" 2>/dev/null || true
  fi
  wait_for 2 remove_control_groups || true
}

# begin PROGRAM ARGUMENT...: the calling program goes on in a mount namespace of its own, one at a
# time, with a fresh root; what it boots ends with it. Skips where no container can be made.
begin() {
  need_containers
  if [[ ! ${own_mounts:-} ]]; then own_mounts=1 exec unshare --mount "$@"; fi
  mkdir -p "$work"
  exec {lock}>"$work/lock"
  flock "$lock"
  trap end_container EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  make_root
  try_container
}
