import type {Difference} from './compare.ts';

/**
 * Why we do otherwise. The first that fits counts. `docker` and `hawser` are what the two said there: with them a reason covers that one difference,
 * and not the next that happens at the same place.
 */
type Reason = {readonly line: RegExp; readonly where: RegExp; readonly docker?: RegExp; readonly hawser?: RegExp; readonly why: string};

const WORDS = 'our own words for the help: only layout, names of commands and flags are docker’s';
const OLD = 'dockerd 20.10 behind a newer client; docker 28 does as we do';
const OURS = 'names a thing of ours: version, runtime, store, daemon';
const VOLATILE = 'differs from run to run';
const TYPES = 'Go’s names of types';
const EARLY = 'what fails before the program is asked to run is 125';
const KERNEL = 'the kernel’s refusal in other words';
const EXACT = 'the same refusal, with what is wrong in it named';

const inspect = /inspect|\{\{json \.HostConfig\}\}/;
const field = (names: string): RegExp => new RegExp(`(^|\\.)(${names})$`);
const absent = /^<absent>$/;
const nothing = /^(""|null|\[\]|)$/;

const volatiles: readonly Reason[] = [
	{line: /./, where: field('Pid|NFd|NGoroutines'), docker: /^\d+$/, hawser: /^\d+$/, why: VOLATILE},
	{line: /^events/, where: /^time(Nano)?$/, docker: /^\d+$/, hawser: /^\d+$/, why: VOLATILE},
	{line: /^top/, where: /^stdout$/, docker: /^(UID|USER) +PID/, hawser: /^(UID|USER) +PID/, why: VOLATILE},
	{line: inspect, where: field('SandboxKey'), docker: /netns|<path>/, hawser: /^"(\/proc\/\d+\/ns\/net|<path>)?"$/, why: 'the name space lives as long as the process'},
];

const helps: readonly Reason[] = [
	{line: /^(container|system|network|volume|image)$/, where: /^stderr$/, docker: /commands:/, hawser: /commands:/, why: WORDS},
	{line: /--help$|--help extra$|^help( ps)?$|^container help$/, where: /^std(out|err)$/, docker: /Usage: /i, hawser: /Usage: /i, why: WORDS},
	{line: /^(--version|-v)$/, where: /^stdout$/, docker: /^<program> version 2/, hawser: /^<program> version 0\.\d+\.\d+\n$/, why: OURS},
	{
		line: /^(swarm|service|stack|node|secret|config|plugin|context|buildx|builder|compose|manifest|trust|checkpoint)$/,
		where: /^(code|stderr)$/,
		hawser: /^1$|is a command of <program> that <program> does not have/,
		why: 'what concerns swarms, builders, plugins and daemons is not there, and says so',
	},
	{
		line: /^-H unix:|^--context nosuch|^--tls /,
		where: /^(code|std(out|err))$/,
		hawser: /^(125|)$|there is no (daemon|connection)/,
		why: 'there is no daemon to choose: a mistake in a global flag',
	},
];

const templates: readonly Reason[] = [
	{line: /\{\{slice \.Names/, where: /^(code|std(out|err))$/, hawser: /^(0|pa\n|)$/, why: 'docker’s client tries the template on an empty row first'},
	{
		line: /^(ps|stats|events) .*\{\{\.Nope/,
		where: /^stderr$/,
		docker: /can't evaluate field nope in type/,
		hawser: /can't evaluate field nope in type|no entry for key "nope"/,
		why: TYPES,
	},
	{
		line: /^(version|info) -f '\{\{\.Nope|^system df --format "\{\{\.Nope/,
		where: /^std(err|out)$/,
		docker: /can't evaluate field nope|^\n?$/,
		hawser: /no entry for key "nope"|can't evaluate field nope|^\n?$/,
		why: TYPES,
	},
	{line: /format 'raw'/, where: /^stdout$/, docker: /ports:\n\n$/, hawser: /ports:\n$/, why: 'no blank line after the last of many'},
	{line: /\.NetworkSettings\.Networks\}\}/, where: /^stdout$/, docker: /0xc0/, hawser: /map\[none:(map\[|\{)/, why: 'docker prints the address of a pointer'},
	{line: /system df -v --format "\{\{\.\}\}"/, where: /^stdout$/, docker: /0xc0/, hawser: /^\{|^map\[/, why: 'docker prints the address of a pointer'},
	{
		line: /stop -t 1 --time|restart --time/,
		where: /^stdout$/,
		docker: /^Flag --time has been deprecated/,
		hawser: /^(pa-run\n)?$/,
		why: 'a warning is not among the names that a script reads',
	},
];

const inspected: readonly Reason[] = [
	{line: inspect, where: field('HostConfig\\.CgroupnsMode|CgroupnsMode'), docker: /"host"/, hawser: /"private"/, why: 'cgroup namespaces are private here also on cgroup v1'},
	{line: inspect, where: field('HostConfig\\.Runtime|Runtime'), docker: /"runc"/, hawser: /"<program>"/, why: OURS},
	{line: inspect, where: field('HostConfig\\.KernelMemory(TCP)?'), docker: /^0$/, hawser: absent, why: OLD},
	{line: inspect, where: field('HostConfig\\.NetworkMode'), docker: /"default"/, hawser: /"bridge"/, why: OLD},
	{
		line: inspect,
		where: field('(HostConfig\\.)?MaskedPaths'),
		docker: /\/sys\/firmware/,
		hawser: /powercap.*\/sys\/firmware/,
		why: 'more is masked: docker 28’s list and podman’s',
	},
	{
		line: inspect,
		where: /GraphDriver\.Data\.(LowerDir|UpperDir|WorkDir|MergedDir)$/,
		docker: /overlay2|<path>/,
		hawser: /^("")$|root\/(layers|containers)\/|<path>|^<absent>$/,
		why: 'folders of our own; nothing is mounted on the host',
	},
	{line: inspect, where: /\.(ResolvConfPath|HostnamePath|HostsPath|LogPath)$/, docker: /containers\/<id>/, hawser: /containers\/<id>/, why: 'folders of our own'},
	{line: inspect, where: /\.Mounts\[\d+\]\.Source$/, docker: /volumes\//, hawser: /root\/volumes\//, why: 'folders of our own'},
	{line: inspect, where: /NetworkSettings\.SandboxID$/, docker: /<id>/, hawser: /^""$/, why: 'there is no sandbox apart from the process'},
	{line: inspect, where: /Networks\.none\.EndpointID$/, docker: /<id>/, hawser: /^""$/, why: 'an endpoint has an id when it has an address'},
	{line: inspect, where: /Networks\.\w+\.NetworkID$/, docker: /^""$/, hawser: /<id>/, why: 'known from the beginning, and not from the first start'},
	{line: inspect, where: /\.?\w+\.GwPriority$/, docker: absent, hawser: /^0$/, why: OLD},
	{line: inspect, where: /\.?\w+\.DNSNames$/, docker: /^(<absent>|null)$/, hawser: /^(null|\["pa-.*<id12>"\])$/, why: OLD},
	{line: inspect, where: /panet\.Aliases$|^stdout$/, docker: /^\[?\W*alias\W.*<id12>/, hawser: /^\[?\W*alias\W*$/, why: OLD},
	{line: /\.Aliases\}\}/, where: /^stdout$/, docker: /^\[alias <id12>\]/, hawser: /^\[alias\]/, why: OLD},
	{line: inspect, where: /IPAM\.Config$/, docker: /^\[\]$/, hawser: /^null$/, why: OLD},
	{line: inspect, where: /\.EnableIPv4$/, docker: absent, hawser: /^true$/, why: OLD},
	{line: inspect, where: /VolumeOptions\.DriverConfig$/, docker: /^\{\}$/, hawser: absent, why: 'nothing was asked of a driver'},
	{line: /volumes-from pa-run:ro/, where: /\.Mounts\[0\]\.Mode$/, docker: /^""$/, hawser: /^"ro"$/, why: 'borrowed read-only, and shown so'},
	{line: /--uts host/, where: /Config\.Hostname$/, docker: /<id12>/, hawser: /^"\w+"$/, why: 'the name that it will have'},
	{line: /--env-file env -e ONE=2/, where: /Config\.Env$/, docker: /ONE=1.*ONE=2/, hawser: /\["ONE=2","TWO/, why: 'a variable is said once: the last time'},
	{line: /--env C\)$/, where: /Config\.Env$/, docker: /,"C",/, hawser: /"B=x=y","PATH/, why: 'a variable that has no value here is not in the environment'},
	{line: /--link-local-ip/, where: /IPAMConfig$/, docker: /LinkLocalIPs/, hawser: /^null$/, why: 'without a network there is nothing to configure'},
	{line: /--volume-driver local/, where: /HostConfig\.VolumeDriver$/, docker: /^"local"$/, hawser: /^""$/, why: 'there is one driver'},
	{line: /type image/, where: /RepoTags$|RepoDigests$/, docker: /127\.0\.0\.1/, hawser: /^(\["busybox:latest"\]|\[\])$/, why: 'the daemon has further names for the image'},
	{line: /type image/, where: /^(\[0\]\.)?(Container|ContainerConfig|VirtualSize)$/, hawser: absent, why: OLD},
	{line: /type image/, where: /^(\[0\]\.)?Config\.(Hostname|Domainname|AttachStd(in|out|err)|Tty|OpenStdin|StdinOnce|Image)$/, hawser: absent, why: OLD},
	{line: /type image/, where: /^(\[0\]\.)?Config\.(Entrypoint|Labels|OnBuild|User|Volumes|WorkingDir)$/, docker: absent, hawser: nothing, why: OLD},
	{line: /type image/, where: /^(\[0\]\.)?(Descriptor|Identity|Comment|Author|Metadata)/, why: OLD},
	{
		line: /type bogus/,
		where: /^stderr$/,
		docker: /"config", "container"/,
		hawser: /must be one of "container", "image", "network", "volume"$|"volume"/,
		why: 'kinds of objects that are not there are not offered',
	},
	{line: /type volume/, where: /Labels$/, docker: /^\{\}$/, hawser: /^null$/, why: OLD},
	{line: /type network/, where: /Containers\./, docker: /IPv4Address\W*,/, hawser: absent, why: 'a network without addresses lists no containers'},
];

const lists: readonly Reason[] = [
	{line: /before=nope/, where: /^stderr$/, docker: /no such container nope/, hawser: /no such container: nope/, why: OLD},
	{line: /--filter name=( |$)/, where: /^stdout$/, docker: /pa-run/, hawser: /pa-run/, why: 'shows what others run on the same daemon'},
	{
		line: /^(container )?diff/,
		where: /^stdout$/,
		docker: /^[ACD] \//,
		hawser: /^"?C \/bin\nD \/bin\/false\nC \/etc\nA \/etc\/more\nA \/new\n/,
		why: 'in the order of their names, and not of a map',
	},
	{line: /^logs -n 1 pa-dead|^logs --tail 1/, where: /^std(out|err)$/, docker: /^(one\n|two)?$/, hawser: /^(one\n|two)?$/, why: 'which of two streams is read first is a race'},
	{
		line: /^events .*label=parity=x/,
		where: /^stdout$/,
		docker: /rename (pa-two|busybox)\n$/,
		hawser: /rename (pa-two|busybox)\n\w* ?destroy (pa-two|busybox)\n$/,
		why: 'dockerd counts whole seconds to the end',
	},
	{line: /^events/, where: /execDuration$/, docker: absent, hawser: /^"\d+"$/, why: OLD},
	{line: /^(start|stop|kill|rm|inspect|wait) .*|^network rm panet/, where: /^stderr$/, docker: /has active endpoints/, hawser: /has active endpoints/, why: OLD},
];

const refusals: readonly Reason[] = [
	{
		line: /^rm pa-/,
		where: /^stderr$/,
		docker: /you cannot remove a running container/,
		hawser: /container is running: stop the container before removing or force remove/,
		why: OLD,
	},
	{line: /^stop -s BOGUS/, where: /^(code|std(out|err))$/, hawser: /^1$|^invalid signal: bogus$|^$/, why: 'a signal that is none is a mistake in any state'},
	{line: /^kill -s -1/, where: /^stderr$/, docker: /18446744073709551615/, hawser: /^invalid signal: -1$/, why: 'a number below nought is no signal'},
	{
		line: /^diff nope|^cp/,
		where: /^stderr$/,
		docker: /no such|not a directory|lstat|path|time="/,
		hawser: /no such|not a directory|lstat|path/,
		why: 'without folders of the host and loggers in the sentence',
	},
	{line: /^rename/, where: /^stderr$/, docker: /invalid container name \(\/a\/b\)/, hawser: /invalid container name \(a\/b\)/, why: 'the name is shown as it was typed'},
	{
		line: /^run .*(nosuchprogram|nosuch busybox|busybox \/etc|passwd)$/,
		where: /^stderr$/,
		docker: /runc create failed: unable to start container process: exec:/,
		hawser: /^unable to start container process: exec: "[^"]+": (executable file not found in \$path|is a directory: permission denied|permission denied)$/,
		why: 'without the names of containerd and runc',
	},
	{line: /--hostname -bad/, where: /^(code|stderr)$/, hawser: /^125$|invalid hostname format: \\?"-bad/, why: 'a host name must be one (RFC 1123)'},
	{line: /-u ':'/, where: /^(code|std(out|err))$/, hawser: /^125$|^invalid user|^$/, why: 'a user that is none must not become root'},
	{
		line: /mount \| grep/,
		where: /^stdout$/,
		docker: /tmpfs on \/t type tmpfs \(rw,nosuid,nodev,noexec,relatime\)/,
		hawser: /^tmpfs on \/t type tmpfs \(rw,nosuid,nodev,noexec,relatime\)/,
		why: 'where the overlay’s folders lie, and what masks a file',
	},
	{
		line: /--ulimit nofile=10:20/,
		where: /^(code|std(out|err))$/,
		docker: /^125$|too many open files|^$/,
		hawser: /^0$|^$|^10\n20\n$/,
		why: 'runc needs descriptors of its own under the limit',
	},
	{line: /--ulimit nproc=-1/, where: /^stderr$/, docker: /operation not permitted/, hawser: /operation not permitted/, why: KERNEL},
	{line: /--cpu-rt-runtime/, where: /^stderr$/, docker: /invalid argument/, hawser: /invalid argument/, why: KERNEL},
	{line: /--cpuset-cpus x/, where: /^stderr$/, docker: /invalid format: x/, hawser: /^invalid value x for cpuset cpus$/, why: OLD},
	{
		line: /--blkio-weight 5/,
		where: /^(code|std(out|err))$/,
		hawser: /^(125|1|)$|range of blkio weight/,
		why: 'a weight that is none is a mistake, also where the kernel has no weights',
	},
	{line: /--device(-write-bps)? \/dev\/nope|--cidfile nosuch/, where: /^code$/, docker: /^127$/, hawser: /^125$/, why: EARLY},
	{line: /--device-write-bps \/dev\/nope/, where: /^stderr$/, docker: /stat \/dev\/nope/, hawser: /invalid device \/dev\/nope: it is not a block device/, why: EXACT},
	{
		line: /--device \/tmp/,
		where: /^(code|stderr)$/,
		docker: /^0$|^$|device/,
		hawser: /^125$|container: devices:/,
		why: 'both take what devices lie there; which of them can be made is another matter',
	},
	{line: /--isolation hyperv/, where: /^stderr$/, docker: /invalid isolation: "hyperv"/, hawser: /^invalid isolation 'hyperv' on linux$/, why: OLD},
	{line: /--runtime bogus/, where: /^stderr$/, docker: /unknown runtime specified bogus/, hawser: /unknown or invalid runtime name: bogus/, why: OLD},
	{line: /--log-opt max-size=x/, where: /^stderr$/, docker: /invalid size: 'x'/, hawser: /invalid size: 'x'/, why: EXACT},
	{line: /--platform bogus/, where: /^stderr$/, docker: /cannot parse platform specifier/, hawser: /is not a platform/, why: EXACT},
	{line: /--expose bogus|-p bogus/, where: /^stderr$/, docker: /bogus/, hawser: /invalid port mapping "bogus": invalid containerport: bogus$/, why: EXACT},
	{line: /-v bogus:relative/, where: /^stderr$/, docker: /mount path must be absolute/, hawser: /mount path must be absolute/, why: EXACT},
	{line: /sha256:abc/, where: /^stderr$/, docker: /unable to find image.*\n.*lookup/, hawser: /unable to find image.*\n.*lookup/, why: 'the resolver’s own words'},
	{
		line: /--privileged/,
		where: /^(code|std(out|err))$/,
		docker: /^12[56]$|unable to apply caps|^$/,
		hawser: /^0$|^$|^0\n\/dev\/kmsg\n$|^CapEff/,
		why: 'takes the capabilities that there are; runc fails where some are missing',
	},
	{
		line: /--detach-keys/,
		where: /^(code|stderr)$/,
		docker: /^1$|unable to upgrade|invalid escape keys/,
		hawser: /^125$|invalid detach keys/,
		why: 'refused before anything is made',
	},
	{line: /--annotation/, where: /^(code|stderr)$/, docker: /^1$|requires api version/, hawser: /^0$|^125$|^$|the empty string is not permitted/, why: OLD},
	{line: /--kernel-memory/, where: /^(code|stderr)$/, docker: /^125$|minimum kernel memory/, hawser: /^0$|^$/, why: OLD},
	// A daemon of today tells the client, and not the terminal.
	{
		line: /^exec .*(nosuch|\/etc|-w |-u no)/,
		where: /^(code|std(out|err))$/,
		docker: /^(1|126)$|^$|^(OCI runtime exec failed|unable to find user)/,
		hawser: /^(1|127)$|^$|^(oci runtime exec failed|unable to find user|the working directory 'rel')/,
		why: OLD,
	},
];

const OWN_INFO =
	'ID|Containers(Running|Stopped)?|Images|Plugins\\.(Network|Log)|KernelMemory(TCP)?|RegistryConfig\\.InsecureRegistryCIDRs|DockerRootDir|ServerVersion|Runtimes\\..*|DefaultRuntime|LiveRestoreEnabled|InitBinary|(Containerd|Runc)Commit\\.(ID|Expected)|SecurityOptions\\[\\d\\]|CDISpecDirs|ClientInfo\\.(Version|GitCommit|GoVersion|BuildTime)|StateDir|FirewallBackend|Hardened';

const system: readonly Reason[] = [
	{line: /^info -f json/, where: new RegExp(`^(${OWN_INFO})$`), why: OURS},
	{line: /^info -f "\{\{json \.SecurityOptions/, where: /^\[0\]$/, docker: /profile=default/, hawser: /profile=builtin/, why: 'docker 28’s name of the same profile'},
	{line: /^info -f "\{\{range \.Plugins\.Network/, where: /^stdout$/, hawser: /^bridge host null \n$|^bridge host null\n$/, why: OURS},
	{line: /^info -f "\{\{\.DefaultRuntime/, where: /^stdout$/, docker: /^runc (\S+) false false/, hawser: /^<program> (\S+) false true true true true true true true\n$/, why: OURS},
	{line: /^version -f json/, where: /^(Client|Server)\.(Version|ApiVersion|MinAPIVersion|GitCommit|GoVersion|BuildTime|Platform(\.Name)?|NodeVersion|Components)$/, why: OURS},
	{line: /^version (-f|--format) "\{\{\.(Client|Server)\.Version/, where: /^stdout$/, docker: /^2[08]\./, hawser: /^0\./, why: OURS},
	{
		line: /^system df/,
		where: /^(stdout|Images|Containers)/,
		docker: /Images|TYPE|Active|busybox|\w+_\w+|^\[/,
		hawser: /Images|TYPE|Active|busybox|^\[|^"?\n?$/,
		why: 'counts what is in the store',
	},
	{line: /^system prune$/, where: /^stdout$/, docker: /- unused build cache/, hawser: /- all dangling images\n\n/, why: 'there is no build cache'},
];

const reasons: readonly Reason[] = [...volatiles, ...helps, ...templates, ...inspected, ...lists, ...refusals, ...system];

const says = (pattern: RegExp | undefined, text: string): boolean => pattern === undefined || pattern.test(text);

export const reasonFor = (line: string, {where, docker, hawser}: Difference): string | undefined =>
	reasons.find(reason => reason.line.test(line) && reason.where.test(where) && says(reason.docker, docker) && says(reason.hawser, hawser))?.why;
