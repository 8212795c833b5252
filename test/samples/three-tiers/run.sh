#!/bin/bash
# test/samples/three-tiers/run.sh [FOLDER]
#
# Three containers from Debian's packages: nginx before an application in Perl before redis, wired by names, a port and a
# volume (docs/three-tiers.md has the figure). Images are made in FOLDER, which is kept: the second run needs no network.
# Ends with what it has left on the host, which is nothing.
set -euo pipefail
# npm has a program called nft as well.
PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
here=$(cd "$(dirname "$0")" && pwd)
folder=$(realpath -m "${1:-/var/tmp/hawser-three-tiers}")
program=${HAWSER_BIN:-$here/../../../dist/hawser}
port=${TIERS_PORT:-8088}
mkdir -p "$folder"
store=$(mktemp -d "$folder/store-XXXXXX")
h() { "$program" --root "$store/root" --state "$store/state" "$@"; }

# The store's name, of which all that it has on the host is named.
name=$(printf %s "$store/root" | sha256sum | cut -c1-8)
table=hawser_$name
links() { { nft list set inet "$table" bridges && nft list set bridge "$table" cables; } | grep -oE '"(hw|veth)[^"]*"' | tr -d '"'; }
left() { # LINK…: what is there of the store
	nft list tables | grep -F "$table" || true
	for link in "$@"; do ip -br link show "$link" 2>/dev/null || true; done
	grep -F "$store" /proc/self/mountinfo || true
	find /sys/fs/cgroup -maxdepth 2 -type d -name "hawser-$name"
	pgrep -af "$store" || true
}
down() {
	h system reset --force >/dev/null
	rm -rf --one-file-system "$store"
}
trap down EXIT

say() { printf '\n== %s\n' "$*"; }
ask() { # ADDRESS: what the proxy says
	exec 3<>"/dev/tcp/$1/$port"
	printf 'GET / HTTP/1.0\r\n\r\n' >&3
	sed '1,/^\r$/d' <&3
	exec 3>&-
}
until_says() { # PATTERN: asks until the answer is like that
	for _ in $(seq 100); do
		answer=$(ask 127.0.0.1 2>/dev/null || true)
		[[ $answer == $1 ]] && { echo "$answer"; return; }
		sleep 0.1
	done
	echo "the proxy says \"$answer\" and not \"$1\"" >&2
	exit 1
}

say 'Images from packages of Debian'
if [ ! -e "$folder/debian.tar" ]; then
	debootstrap --variant=minbase --include=nginx-light,redis-server,perl-base bookworm "$folder/tree" >"$folder/debootstrap.log"
	tar -C "$folder/tree" --exclude=./var/cache/apt --exclude=./proc --exclude=./sys --exclude=./dev -cf "$folder/debian.part" .
	mv "$folder/debian.part" "$folder/debian.tar"
	rm -rf --one-file-system "$folder/tree"
fi
h import "$folder/debian.tar" tiers:base
image() { # NAME FILE PLACE CMD
	h create --name make tiers:base true >/dev/null
	[ -z "$2" ] || h cp "$here/$2" "make:$3"
	h commit --change "CMD $4" make "tiers:$1"
	h rm make >/dev/null
}
image proxy nginx.conf /etc/nginx/nginx.conf '["nginx"]'
image app app.pl /srv/app.pl '["perl", "/srv/app.pl"]'
image db '' '' '["redis-server", "--bind", "0.0.0.0", "--protected-mode", "no", "--dir", "/data", "--appendonly", "yes"]'
h images

say 'Networks, a volume, three containers'
h network create front
h network create --internal back
h volume create rows
h run -d --name db --network back -v rows:/data tiers:db
h run -d --name app --network front --network back tiers:app
h run -d --name proxy --network front -p "$port:80" tiers:proxy
h ps --format 'table {{.Names}}\t{{.Networks}}\t{{.Ports}}'

say 'Requests through all three'
until_says 'visit *'
until_says 'visit *'

say 'The database is another one with the same volume: the count goes on'
h rm -f db >/dev/null
until_says 'no database'
h run -d --name db --network back -v rows:/data tiers:db >/dev/null
until_says 'visit 3'

say 'The proxy cannot reach the database: not by name, not by address'
address=$(h inspect -f '{{.NetworkSettings.Networks.back.IPAddress}}' db)
for target in db "$address"; do
	if h exec proxy timeout 2 bash -c "exec 3<>/dev/tcp/$target/6379" 2>/dev/null; then
		echo "the proxy reached $target" >&2
		exit 1
	fi
	echo "$target: no"
done

say 'Where the packets go'
echo "in: $(nft list map inet "$table" any_ports | sed -n 's/.*elements = { *//p')"
for tier in proxy app db; do
	pid=$(h inspect -f '{{.State.Pid}}' "$tier")
	echo "$tier: $(nsenter -n -t "$pid" ip -o -4 address show | awk '$2 != "lo" {printf "%s %s  ", $2, $4}') default $(nsenter -n -t "$pid" ip route show default | grep . || echo none)"
done

say 'Left on the host'
mapfile -t cables < <(links)
echo "(looked for: $table, ${cables[*]}, cgroups, mounts and processes of the store)"
trap - EXIT
down
rest=$(left "${cables[@]}")
[ -z "$rest" ] || { echo "$rest"; exit 1; }
echo nothing
