# test-sandbox.sh - the daemon in its sandbox: what the kernel says of it, that all
# it has to do works, and that no row of its table is idle.
# SPDX-License-Identifier: ISC
#
# Left runs under strace, which shows what it asks of the kernel once the filter
# is loaded.  Each row of `ipsecd --help-sandbox` that is not rare must be among
# it; what is not in the table would have ended the daemon.
# shellcheck shell=bash disable=SC2154

trace=/run/trace
url=http://$RIGHT4:8080/lab.crl url6="http://[$RIGHT6]:8080/lab.crl"

daemon_pid() { # NAME
	local pid=ours_$1
	echo "${!pid}"
}

# says KEY VALUE: of left's process.
says() { grep -qE "^$1:[[:space:]]*$2\$" "/proc/$(daemon_pid left)/status"; }

# Not dumpable: what is in its /proc is root's, and no limit for a core is left.
no_core() { grep -qE '^Max core file size +0 +0 ' "/proc/$(daemon_pid left)/limits"; }

# certificates NAME ME YOU LOCAL REMOTE NET NET: with an authority whose CRL is
# asked for.
certificates() {
	local c_auth=cert c_key=p256
	ours_credentials "$1" "$2" "$3"
	cp "build/pki/p256/$3-ca.pem" "/run/ours/$1/etc/ipsecd/ca/"
	ours_write "$1" <<-END
	authorities:
	  lab: { ca: [root.pem, $3-ca.pem], crl_uris: ["$url6", "$url"] }
	peers:
	  peer:
	    local: { address: $4, $ours_proof }
	    remote: { address: $5, ${ours_trust/root.pem/lab} }
	    auth: cert
	    local_ts: $6
	    remote_ts: $7
	END
}

# Who is asked for it; perl is in every Debian.
web_server() {
	exec_in right perl -MIO::Socket::INET -e '
		my $at = IO::Socket::INET->new(LocalAddr => shift, Listen => 5, ReuseAddr => 1) or die;
		open(my $file, "<", shift) or die;
		$| = 1;
		print "listening\n";
		read($file, my $crl, 1 << 20);
		while (my $to = $at->accept) {
			while (<$to>) { last if /^\r?$/ }
			print $to "HTTP/1.0 200 OK\r\nContent-Length: " . length($crl) . "\r\n\r\n$crl";
			close($to);
		}' "$RIGHT4:8080" build/pki/p256/them-ca.crl
}

# A name server that knows no name.
name_server() {
	exec_in left perl -MIO::Socket::INET -e '
		my $at = IO::Socket::INET->new(LocalAddr => "127.0.0.1:53", Proto => "udp") or die;
		$| = 1;
		print "listening\n";
		while ($at->recv(my $question, 4096)) {
			substr($question, 2, 2) = "\x81\x83"; # an answer, NXDOMAIN
			$at->send($question);
		}'
}

# asked WORD...: lines of what the daemon asked since the filter was loaded, of the
# call that is the first word and with all of the others.
asked() {
	local said word
	said=$(grep "^$1(" /run/asked)
	shift
	for word; do
		said=$(grep -w -- "$word" <<<"$said")
	done
	[ -n "$said" ]
}

# idle_rows: those that should be among it and are not.
idle_rows() {
	local call rest
	"$OURS_BIN/ipsecd" --help-sandbox | sed '1,/^$/d' | grep -v ' rare: ' |
		while read -r call rest; do
			# What stands before the reason; a type is seen in its family.
			rest=$(grep -oE '\b(AF|SOCK|NETLINK|SO|F)_[A-Z0-9_]+|\bFIONREAD' <<<"${rest%%  *}" |
				grep -v '^SOL_SOCKET$')
			# shellcheck disable=SC2086
			asked "$call" $rest || echo "$call" $rest
		done
}

# --- A tunnel by name, rekeys, a reload ---------------------------------------

cp /etc/hosts /run/hosts
echo "$RIGHT4 right.lab.example
$RIGHT6 six.lab.example" >>/etc/hosts

site_remote=right.lab.example site left wait
site right wait
mkdir -p -m 700 /run/ours/left/var/lib/ipsecd
ours_start right right
OURS_UNDER="strace -D -qq -e signal=none -o $trace" OURS_LOG=debug NOTIFY_SOCKET=/run/nobody \
	ours_start left left

# It answers from the sandbox alone.
check "status" ours_ctl left status
if saw "$(ours_log left)" 'NO SANDBOX \(built'; then
	skipped=$((skipped + 1))
	echo "SKIPPED sandbox: $(grep -o 'NO SANDBOX ([^)]*)' "$(ours_log left)")"
	cp /run/hosts /etc/hosts
	return
fi
check "Seccomp: 2" says Seccomp 2
check "NoNewPrivs: 1" says NoNewPrivs 1
check "no core" no_core
check "it says so: $(grep -o 'sandbox: [^"]*' "$(ours_log left)")" \
	saw "$(ours_log left)" 'sandbox: seccomp with [0-9]+ rules, Landlock [1-9]'
check "a peer by name comes up" ours_ctl left up peer
check "ping" ping_left
check "the child is rekeyed" ours_ctl left rekey peer/peer
check "so is the IKE SA" ours_ctl left rekey peer --ike
check "ping" ping_left
site_remote=right.lab.example site left wait "dpd_delay: 45s"
check "reload" ours_ctl left reload
check "list sas" ours_ctl left list sas
check "copies of both configurations are kept" [ -s /run/ours/left/var/lib/ipsecd/config-2 ]
check "the tunnel is still up" ours_ctl left status peer

# --- What a reload may not ----------------------------------------------------

mkdir -p /run/elsewhere
(umask 077; echo "$c_psk" >/run/elsewhere/psk)
sed 's,secret: psk,secret: /run/elsewhere/psk,' -i /run/ours/left/etc/ipsecd/ipsecd.yaml
check "reload with a key elsewhere is refused" no ours_ctl left reload
ours_ctl left reload >/run/reload.out 2>&1
check "and says why" saw /run/reload.out "folder '/run/elsewhere' .*sandbox.*restart"
check "the tunnel is still up" ours_ctl left status peer
check "down" ours_ctl left down peer

# --- On demand, over IPv6, certificates and what is fetched for them ----------

site_remote=right.lab.example site left on-demand
check "reload" ours_ctl left reload
check "a packet brings it up" wait_for 20 ping_left 1
check "down" ours_ctl left down peer
site_remote=six.lab.example site_local=any site left wait "local_ts: $LEFT_NET6" "remote_ts: $RIGHT_NET6"
site_remote=any site_local=$RIGHT6 site right wait "local_ts: $RIGHT_NET6" "remote_ts: $LEFT_NET6"
check "reload" ours_ctl left reload
ours_ctl right reload
check "up over IPv6" ours_ctl left up peer
check "down" ours_ctl left down peer
certificates left us them $LEFT4 $RIGHT4 $LEFT_NET4 $RIGHT_NET4
certificates right them us $RIGHT4 $LEFT4 $RIGHT_NET4 $LEFT_NET4
web_server >/run/web.log 2>&1 &
web=$!
check "there is a web server" wait_for 20 [ -s /run/web.log ]
check "reload" ours_ctl left reload
ours_ctl right reload
check "up with certificates" ours_ctl left up peer
check "their CRL was fetched" saw "$(ours_log left)" "$url: [0-9]+ octets"
check "down" ours_ctl left down peer
kill $web

# --- A name that nobody knows, and a resolv.conf that is another ---------------

cp -L /etc/resolv.conf /run/resolv.conf
echo "nameserver 127.0.0.1" >/etc/resolv.conf.new
mv /etc/resolv.conf.new /etc/resolv.conf
name_server >/run/names.log 2>&1 &
names=$!
check "there is a name server" wait_for 20 [ -s /run/names.log ]
site_remote=nowhere.lab.example site left wait "keep_trying: no"
check "reload" ours_ctl left reload
ours_ctl left up peer --timeout 60s >/run/up.out 2>&1
check "a name that nobody knows does not exist" saw /run/up.out "nowhere.lab.example does not resolve: .*name"
kill $names
check "the new resolv.conf was read" saw "$(ours_log left)" "Added nameserver 127.0.0.1"
cat /run/resolv.conf >/etc/resolv.conf

# --- The end ------------------------------------------------------------------

ours_stop left
check "it ends by itself" saw "$(ours_log left)" 'daemon: stopped '
check "its socket is gone" no [ -e /run/ours/left/run/ipsecd/control.sock ]
check "nothing ended it before" no saw $trace 'killed by'
cp /run/hosts /etc/hosts

sed '1,/^seccomp(SECCOMP_SET_MODE_FILTER, .* = 0$/d' $trace >/run/asked
idle=$(idle_rows)
check "no row is idle: ${idle//$'\n'/, }" [ -z "$idle" ]
check "one that is idle would show" no asked socket AF_PACKET

# --- What is refused, under this kernel: processes that try, one each -----------

"$OURS_BIN/unit" sandbox >/run/unit.out 2>&1
check "what is refused, by call and by path, is: $(tail -n 1 /run/unit.out)" \
	saw /run/unit.out "unit: [0-9]+ passed, 0 failed, 0 skipped"

# --- Without --------------------------------------------------------------------

site left wait
OURS_OPTIONS=--no-sandbox ours_start left left
check "status" ours_ctl left status
check "without it, it says so loudly" saw "$(ours_log left)" 'warning daemon: no-sandbox .*NO SANDBOX'
check "Seccomp: 0" says Seccomp 0
ours_stop left
