import type {Difference} from './compare.ts';

/** Why we do otherwise. The first that fits counts. */
const WORDS = 'our own words for the help: only layout, names of commands and flags are docker’s';
const OLD = 'dockerd 20.10 behind a newer client; docker 28 does as we do';
const OURS = 'names a thing of ours: version, runtime, store, daemon';
const VOLATILE = 'differs from run to run';

const reasons: ReadonlyArray<{readonly line: RegExp; readonly where?: RegExp; readonly why: string}> = [
	{line: /./, where: /(\.|^)(Pid|time|timeNano|SandboxKey|SystemTime|NFd|NGoroutines)$/, why: VOLATILE},
	{line: /^(container|system)( --help)?$|--help|^help ps/, where: /^std/, why: WORDS},
	{line: /^(--version|-v)$/, where: /stdout/, why: OURS},

	// Lists and templates.
	{line: /\{\{slice \.Names/, why: 'docker’s client tries the template on an empty row first'},
	{line: /(len 3|index "abc" 9)/, where: /stderr/, why: 'the call is told by its name, without its arguments'},
	{line: /\{\{\.(Nope|Names\.Foo)/, where: /std(err|out)/, why: 'Go’s names of types'},
	{line: /format 'raw'/, where: /stdout/, why: 'no blank line after the last of many'},
	{line: /before=nope/, where: /stderr/, why: OLD},
	{line: /\{\{\.state\.status/, where: /stderr/, why: 'the place of a name that is no field of Go’s struct'},
	{line: /filter name=(pa-)? --filter name=/, where: /stdout/, why: 'shows what others run on the same daemon'},

	// Inspect.
	{line: /inspect/, where: /HostConfig\.(CgroupnsMode|Runtime)$/, why: 'cgroup namespaces are private here also on cgroup v1; the runtime is ours'},
	{line: /inspect/, where: /HostConfig\.(KernelMemory|KernelMemoryTCP|NetworkMode)$/, why: OLD},
	{line: /inspect/, where: /HostConfig\.(MaskedPaths|ReadonlyPaths)$/, why: 'more is masked: docker 28’s list and podman’s'},
	{line: /inspect/, where: /GraphDriver\.Data/, why: 'folders of our own; nothing is mounted on the host'},
	{
		line: /inspect/,
		where: /NetworkSettings\.(SandboxID|Networks\.\w+\.(EndpointID|NetworkID))$/,
		why: 'there is no sandbox apart from the process; ids of endpoints are there when there is an address',
	},
	{line: /\.NetworkSettings\.Networks\}\}/, where: /stdout/, why: 'docker prints the address of a pointer'},
	{line: /inspect/, where: /(GwPriority|DNSNames|EnableIPv4|IPAM\.Config)$/, why: OLD},
	{line: /inspect/, where: /\.(Tmpfs\.|Mounts)/, why: 'a size is in bytes, and --tmpfs is among the mounts'},
	{line: /type image/, where: /(RepoTags|RepoDigests)/, why: 'the daemon has further names for the image'},
	{line: /type image/, where: /Container(Config)?$/, why: OLD},
	{line: /type image/, where: /(^|\.)(Config|Descriptor|Identity|Comment|Author|VirtualSize|Metadata)/, why: 'as docker 28 prints an image'},
	{line: /type bogus/, where: /stderr/, why: 'kinds of objects that are not there are not offered'},
	{line: /type volume/, where: /Labels/, why: OLD},
	{line: /type network/, where: /Containers/, why: 'a network without addresses lists no containers'},

	// Sentences.
	{line: /^rename/, where: /stderr/, why: 'the name is shown as it was typed'},
	{line: /^rm pa-run/, where: /stderr/, why: OLD},
	{line: /^stop -s BOGUS/, why: 'a signal that is none is a mistake in any state'},
	{line: /^diff|^cp/, where: /stderr/, why: 'said in other words'},
	{line: /^run .*(nosuchprogram|nosuch busybox|busybox \/etc|passwd$)/, where: /stderr/, why: 'without the names of containerd and runc'},
	{line: /--hostname -bad/, why: 'a host name must be one (RFC 1123)'},
	{line: /-u (99999999999|':')/, why: 'a user that is none must not become root'},
	{line: /mount \| grep/, where: /stdout/, why: 'where the overlay’s folders lie, and what masks a file'},
	{line: /--ulimit (nofile=10:20|nproc=-1)/, why: 'runc needs descriptors of its own under the limit; the kernel’s refusal in other words'},
	{line: /--cpuset-cpus x/, where: /stderr/, why: OLD},
	{line: /--blkio-weight 5/, why: 'a weight that is none is a mistake, also where the kernel has no weights'},
	{line: /--device(-write-bps)? \/dev\/nope/, why: 'what fails before the program is asked to run is 125'},
	{line: /--device \/tmp/, where: /stderr/, why: 'both refuse another thing of what lies there'},
	{line: /--isolation hyperv/, where: /stderr/, why: OLD},
	{line: /--(runtime|userns|link|volumes-from) (bogus|nope)/, where: /stderr/, why: 'said in other words'},
	{line: /--log-(driver|opt)/, where: /stderr/, why: 'said in other words'},
	{
		line: /--(security-opt bogus|pull never nosuch|platform bogus|restart on-failure:x|ip 1|add-host|dns bogus|expose bogus|mount bogus|mac-address)|-p bogus|-v bogus|BUSYBOX|sha256:abc/,
		where: /stderr/,
		why: 'said in other words',
	},
	{line: /--privileged/, why: 'takes the capabilities that there are; runc fails where some are missing'},
	{line: /--detach-keys/, why: 'refused before anything is made'},
	{line: /--annotation|--kernel-memory/, why: OLD},
	{line: /--cpu-rt-runtime/, where: /stderr/, why: 'the kernel’s refusal in other words'},

	// Exec: a daemon of today tells the client.
	{line: /^exec .*(nosuch|\/etc|-w |-u no)/, why: OLD},

	// System.
	{line: /^(version|info) -f '\{\{\.Nope/, where: /std/, why: 'Go’s names of types'},
	{line: /^info -f json/, why: OURS},
	{line: /^version -f json/, why: OURS},
	{line: /^system df/, where: /stdout/, why: 'counts what is in the store'},
	{line: /^events .*Nope/, where: /stderr/, why: 'Go’s names of types'},
	{line: /^events/, where: /execDuration/, why: OLD},
];

export const reasonFor = (line: string, {where}: Difference): string | undefined =>
	reasons.find(reason => reason.line.test(line) && (reason.where === undefined || reason.where.test(where)))?.why;
