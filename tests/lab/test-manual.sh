# test-manual.sh - ipsecd-tutorial(7), word by word, on two empty machines.
# SPDX-License-Identifier: ISC
#
# Each host has a file system of its own, in which this machine's is seen and can be
# changed without a trace, and runs the page's commands there as they stand.  Two of
# them are not the real ones: ssh, which goes to the other host, and systemctl, which
# does what the installed unit says: its commands, as its user and with its
# capabilities.
# shellcheck shell=bash disable=SC2154

tutorial=systemd/man/ipsecd-tutorial.7

host_make() { # NAME
	local at=/run/ours/$1 root=/run/ours/$1/root
	mkdir -p "$at"/{upper,work,root,run}
	mount -t overlay -o "lowerdir=/,upperdir=$at/upper,workdir=$at/work" overlay "$root" &&
		mount --rbind /proc "$root/proc" && mount --rbind /dev "$root/dev" &&
		mount --bind "$at/run" "$root/run" &&
		mkdir -p "$root$PWD" && mount --bind "$PWD" "$root$PWD" || return
	ln -s run/log "$at/log"
	# An empty machine has nothing of ours, whoever installed it here.
	rm -rf "$root"/etc/ipsecd "$root"/usr/{bin/ipsec-ctl,sbin/ipsecd}
	rm -f "$root"/usr/lib/{systemd/system/ipsecd.service,sysusers.d/ipsecd.conf,tmpfiles.d/ipsecd.conf}
	sed -i '/^ipsecd:/d' "$root"/etc/{passwd,group,shadow,gshadow}
	mkdir -p "$root/usr/local/bin"
	cat >"$root/usr/local/bin/systemctl" <<'END'
#!/bin/bash
unit=/usr/lib/systemd/system/$(sed 's/.* //' <<<"$*").service
of() { sed -n "s/^$1=//p" "$unit"; }
caps=+$(of AmbientCapabilities | sed 's/CAP_//g; s/ /,+/g' | tr A-Z a-z)
[ -e "$(of ConditionPathExists)" ] || exit
case $* in
"enable --now "*)
	install -d -m "$(of RuntimeDirectoryMode)" -o "$(of User)" -g "$(of Group)" "/run/$(of RuntimeDirectory)"
	ulimit -l "$(of LimitMEMLOCK | sed s/infinity/unlimited/)"
	setsid setpriv --reuid "$(of User)" --regid "$(of Group)" --init-groups --no-new-privs \
		--bounding-set "-all,$caps" --inh-caps "-all,$caps" --ambient-caps "-all,$caps" \
		$(of ExecStart) >/run/log 2>&1 </dev/null &
	echo $! >/run/pid
	for ((i = 0; i < 600; i++)); do
		[ ! -S /run/ipsecd/control.sock ] || exit 0
		kill -0 "$(cat /run/pid)" || exit 1
		sleep 0.1
	done
	exit 1
	;;
"reload "*) setpriv --reuid "$(of User)" --regid "$(of Group)" --init-groups $(of ExecReload) ;;
*) exit 1 ;;
esac
END
	cat >"$root/usr/local/bin/ssh" <<END
#!/bin/bash
case \$1 in
root@$LEFT4) echo left ;;
root@$RIGHT4) echo right ;;
*) exit 255 ;;
esac >/run/ssh.to
exec nsenter --root=/proc/$$/root --net="/proc/$$/root/run/netns/\$(cat /run/ssh.to)" \
	chroot "/run/ours/\$(cat /run/ssh.to)/root" bash -c "\$2"
END
	chmod +x "$root"/usr/local/bin/{systemctl,ssh}
}

host_do() { # NAME COMMAND
	host "$1" chroot "/run/ours/$1/root" env -C "$PWD" \
		PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin MAKEFLAGS= bash -c "$2"
}

host_end() { # NAME
	local at=/run/ours/$1 pid
	pid=$(cat "$at/run/pid" 2>/dev/null)
	[ -z "$pid" ] || kill "$pid"
	wait_for 60 no test -d "/proc/${pid:-none}"
	umount -R -l "$at/root"
}

check "left is a machine" host_make left
check "right is a machine" host_make right
check "left has no ipsecd" no host_do left "type ipsecd ipsec-ctl"
count=0
while IFS=$'\t' read -r who command; do
	command=${command//$'\036'/$'\n'}
	[ "$who" != both ] || who="left right"
	for name in $who; do
		count=$((count + 1))
		check "$name# ${command%%$'\n'*}" host_do "$name" "$command"
	done
done < <(scripts/manual commands "$tutorial")
check "there were $count commands" [ "$count" -gt 20 ]
for name in left right; do
	kernel_bytes $name
	check "$name's SAs carried octets: $bytes_in in, $bytes_out out" \
		[ "$bytes_in" -gt 0 -a "$bytes_out" -gt 0 ]
	check "$name's manual pages are there" host_do $name \
		'ls /usr/share/man/man[578]/ipsec* | wc -l | grep -x "$(ls systemd/man | wc -l)"'
	check "$name's daemon is not root" host_do $name \
		'[ "$(stat -c %U "/proc/$(cat /run/pid)")" = ipsecd ]'
done
for name in left right; do
	host_end $name
	check "$name ended and left nothing in the kernel" kernel_empty $name
done
