#!/bin/bash
# Boot systemd as PID 1 of namespaces of its own, with the daemon of a build installed, and keep it until standard
# input ends. For root. What happens in there changes nothing outside: /etc, /usr and /var are overlays, /run and
# /tmp are fresh, the network has a loopback device and nothing else.
#
#   boot.sh BUILD     prints `booted PID`, the number of its PID 1 as seen from outside: `nsenter -t PID -a COMMAND`.
#                     Exit status 77, with the reason: this machine doesn't let us.
set -eu
build=$(realpath "$1")
export build
log=$(mktemp)
pid1='' outer='' group=''
# PID 1 passes over SIGTERM; with it all in its namespace ends
finish() {
	[ -z "$pid1" ] || kill -9 "$pid1" 2>/dev/null || true
	[ -z "$outer" ] || wait "$outer" 2>/dev/null || true
	[ -z "$group" ] || find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
	rm -f "$log"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

# a control group of its own: two of these at one time would take away each other's groups of services
top=$(findmnt -nt cgroup2 -o TARGET | head -n 1) || true
if [ -n "$top" ]; then
	group=$top$(sed -n 's/^0:://p' /proc/self/cgroup)/asyncprobed-boot-$$
	mkdir "$group" 2>/dev/null || group=''
fi

(
[ -z "$group" ] || echo 0 >"$group/cgroup.procs"
exec unshare --fork --pid --mount --mount-proc --uts --ipc --net --cgroup bash -eu -c '
	mount --make-rprivate /
	# room for what is changed; it goes with the namespace
	mount -t tmpfs tmpfs /mnt
	for folder in etc usr var; do
		mkdir -p "/mnt/$folder/upper" "/mnt/$folder/work"
		mount -t overlay -o "lowerdir=/$folder,upperdir=/mnt/$folder/upper,workdir=/mnt/$folder/work" overlay "/$folder"
	done
	mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null || true
	# a daemon that this machine has of its own is not seen
	rm -rf /etc/asyncprobed /var/lib/asyncprobed /var/lib/private/asyncprobed
	make -s -C "$build" install >/dev/null
	# of the machine that it runs on nothing shall start: no clock is set, no kernel variable, no module, no console;
	# all that stays is the journal
	cd /usr/lib/systemd/system
	rm -rf ./*.wants /etc/systemd/system/* /var/log/journal
	mkdir sysinit.target.wants sockets.target.wants
	ln -s ../systemd-journald.service sysinit.target.wants/
	ln -s ../systemd-journald.socket ../systemd-journald-dev-log.socket sockets.target.wants/
	tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
	echo "# none" >/etc/fstab
	rm -f /etc/resolv.conf
	echo "nameserver 127.0.0.1" >/etc/resolv.conf
	printf "[Journal]\nStorage=volatile\nRateLimitBurst=0\n" >/etc/systemd/journald.conf
	mount -t tmpfs tmpfs /run
	mount -t tmpfs tmpfs /tmp
	# credentials reach their service by a mount that spreads, within here
	mount --make-rshared /
	exec /lib/systemd/systemd --system --unit=multi-user.target'
) </dev/null >"$log" 2>&1 &
outer=$!

give_up() {
	echo "systemd did not boot in a namespace: $*" >&2
	cat "$log" >&2
	exit 77
}

for _ in $(seq 600); do
	pid1=$(pgrep -P "$outer" | head -n 1) || true
	kill -0 "$outer" 2>/dev/null || give_up "it ended"
	state=$([ -z "$pid1" ] || nsenter -t "$pid1" -a systemctl is-system-running 2>/dev/null) || true
	case $state in running | degraded) break ;; esac
	read -r -t 0.1 _ <> <(:) || true
done
case ${state:-} in running | degraded) ;; *) give_up "it is ${state:-not there} after a minute" ;; esac
echo "booted $pid1"
# by `read`, not by a program, so that a signal is heeded while it waits
while read -r _; do :; done
