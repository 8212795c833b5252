import {isIP} from 'node:net';
import {contentTrustFlag} from './content-trust.ts';
import {checkDeviceOperations, checkDeviceRate, checkDeviceRule, checkDeviceWeight, checkGpus} from './device-values.ts';
import {UsageError, type Flag} from './flags.ts';
import {parseNetwork} from './network-values.ts';
import {checkEnv, checkLabel, checkSysctl, checkUlimit} from './run-values.ts';

/** The flags that `run` and `create` share. */
export const containerFlags: readonly Flag[] = [
	{name: 'add-host', kind: 'list', help: 'Add a line to /etc/hosts: NAME:ADDRESS', check: checkExtraHost},
	{name: 'annotation', kind: 'map', help: 'Add an annotation for the OCI runtime'},
	{name: 'attach', short: 'a', kind: 'list', help: 'Attach to STDIN, STDOUT or STDERR', check: checkStream},
	{name: 'blkio-weight', kind: 'uint16', default: '0', help: 'Share of block I/O, 10 to 1000; 0: none'},
	{name: 'blkio-weight-device', kind: 'list', help: 'Share of the I/O of a device: PATH:WEIGHT', check: checkDeviceWeight},
	{name: 'cap-add', kind: 'list', help: 'Add Linux capabilities'},
	{name: 'cap-drop', kind: 'list', help: 'Drop Linux capabilities'},
	{name: 'cgroup-parent', kind: 'string', help: "Parent of the container's cgroup"},
	{name: 'cgroupns', kind: 'string', help: 'Cgroup namespace: host or private'},
	{name: 'cidfile', kind: 'string', help: 'Write the container ID to this file'},
	{name: 'cpu-period', kind: 'int', help: 'Period of the CPU limit in microseconds'},
	{name: 'cpu-quota', kind: 'int', help: 'CPU time in each period in microseconds'},
	{name: 'cpu-rt-period', kind: 'int', help: 'Period of the real-time scheduler in microseconds'},
	{name: 'cpu-rt-runtime', kind: 'int', help: 'Real-time CPU time in each such period in microseconds'},
	{name: 'cpu-shares', short: 'c', kind: 'int', help: 'Share of CPU time, beside others'},
	{name: 'cpus', kind: 'decimal', help: 'Number of CPUs'},
	{name: 'cpuset-cpus', kind: 'string', help: 'CPUs to run on (0-3, 0,1)'},
	{name: 'cpuset-mems', kind: 'string', help: 'Memory nodes to use (0-3, 0,1)'},
	{name: 'device', kind: 'list', help: 'Add a device of the host'},
	{name: 'device-cgroup-rule', kind: 'list', help: 'Allow devices by number: TYPE MAJOR:MINOR MODE', check: checkDeviceRule},
	{name: 'device-read-bps', kind: 'list', help: 'Limit reading from a device: PATH:BYTES a second', check: checkDeviceRate},
	{name: 'device-read-iops', kind: 'list', help: 'Limit reading from a device: PATH:OPERATIONS a second', check: checkDeviceOperations},
	{name: 'device-write-bps', kind: 'list', help: 'Limit writing to a device: PATH:BYTES a second', check: checkDeviceRate},
	{name: 'device-write-iops', kind: 'list', help: 'Limit writing to a device: PATH:OPERATIONS a second', check: checkDeviceOperations},
	contentTrustFlag,
	{name: 'dns', kind: 'list', help: 'Set name servers', check: checkServer},
	{name: 'dns-opt', kind: 'list', help: 'Set options of resolv.conf', hidden: true},
	{name: 'dns-option', kind: 'list', help: 'Set options of resolv.conf'},
	{name: 'dns-search', kind: 'list', help: 'Set search domains'},
	{name: 'domainname', kind: 'string', help: 'NIS domain name'},
	{name: 'entrypoint', kind: 'string', help: 'Replace the entrypoint of the image'},
	{name: 'env', short: 'e', kind: 'list', help: 'Set environment variables', check: checkEnv},
	{name: 'env-file', kind: 'list', help: 'Read environment variables from a file'},
	{name: 'expose', kind: 'list', help: 'Expose a port or a range of ports'},
	{name: 'gpus', kind: 'gpu-request', help: "Add GPUs that CDI's files on the host describe ('all': all of them)", check: checkGpus},
	{name: 'group-add', kind: 'list', help: 'Add supplementary groups'},
	{name: 'health-cmd', kind: 'string', help: 'Command that tells whether the container is healthy'},
	{name: 'health-interval', kind: 'duration', help: 'Time from one check to the next (ms|s|m|h; default 30s)'},
	{name: 'health-retries', kind: 'int', default: '0', help: 'Failures in a row that make it unhealthy'},
	{name: 'health-start-interval', kind: 'duration', help: 'Time between checks during the start period (default 5s)'},
	{name: 'health-start-period', kind: 'duration', help: 'Time to start, in which failures do not count'},
	{name: 'health-timeout', kind: 'duration', help: 'Longest time of one check (default 30s)'},
	{name: 'hostname', short: 'h', kind: 'string', help: 'Host name of the container'},
	{name: 'init', kind: 'bool', help: 'Run an init that reaps processes and passes signals on'},
	{name: 'interactive', short: 'i', kind: 'bool', help: 'Keep STDIN open even if not attached'},
	{name: 'ip', kind: 'string', help: 'IPv4 address (e.g., 172.30.100.104)'},
	{name: 'ip6', kind: 'string', help: 'IPv6 address (e.g., 2001:db8::33)'},
	{name: 'ipc', kind: 'string', help: 'IPC namespace to use'},
	{name: 'isolation', kind: 'string', help: 'Isolation technology; there is only the default one'},
	{name: 'kernel-memory', kind: 'bytes', help: 'Accepted for scripts: the kernel has no such limit any more'},
	{name: 'label', short: 'l', kind: 'list', help: 'Set labels', check: checkLabel},
	{name: 'label-file', kind: 'list', help: 'Read labels from a file'},
	{name: 'link', kind: 'list', help: 'Add a name for another container: NAME[:ALIAS]'},
	{name: 'link-local-ip', kind: 'list', help: 'Add addresses of the link alone'},
	{name: 'log-driver', kind: 'string', help: 'Where the log goes'},
	{name: 'log-opt', kind: 'list', help: 'Options of the log'},
	{name: 'mac-address', kind: 'string', help: 'MAC address (e.g., 92:d0:c6:0a:29:33)'},
	{name: 'memory', short: 'm', kind: 'bytes', help: 'Memory limit'},
	{name: 'memory-reservation', kind: 'bytes', help: 'Memory soft limit'},
	{name: 'memory-swap', kind: 'swap', help: 'Limit of memory and swap together; -1: swap without limit'},
	{name: 'memory-swappiness', kind: 'int', default: '-1', help: 'How readily its memory is swapped out (0 to 100)'},
	{name: 'mount', kind: 'mount', help: 'Mount a file system in the container'},
	{name: 'name', kind: 'string', help: 'Name of the container'},
	{name: 'net', kind: 'network', help: 'Connect to a network', hidden: true, check: checkNetwork},
	{name: 'net-alias', kind: 'list', help: 'Add a name in the network', hidden: true},
	{name: 'network', kind: 'network', help: 'Connect to a network', check: checkNetwork},
	{name: 'network-alias', kind: 'list', help: 'Add a name in the network'},
	{name: 'no-healthcheck', kind: 'bool', help: "Don't run the health check of the image"},
	{name: 'oom-kill-disable', kind: 'bool', help: 'Let it wait for memory rather than be killed'},
	{name: 'oom-score-adj', kind: 'int', default: '0', help: "How soon the kernel's OOM killer comes (-1000 to 1000)"},
	{name: 'pid', kind: 'string', help: 'PID namespace to use'},
	{name: 'pids-limit', kind: 'int', default: '0', help: 'Limit of processes; -1: none'},
	{name: 'platform', kind: 'string', help: 'Platform of the image, e.g. linux/arm64'},
	{name: 'privileged', kind: 'bool', help: 'Give the container all that the host has'},
	{name: 'publish', short: 'p', kind: 'list', help: 'Publish ports: [ADDRESS:][HOSTPORT:]PORT[/PROTOCOL]'},
	{name: 'publish-all', short: 'P', kind: 'bool', help: 'Publish all exposed ports on free ports of the host'},
	{name: 'pull', kind: 'string', default: 'missing', help: 'When to pull the image: always, missing or never'},
	{name: 'quiet', short: 'q', kind: 'bool', help: "Don't show the progress of a pull"},
	{name: 'read-only', kind: 'bool', help: "Make the container's root file system read-only"},
	{name: 'restart', kind: 'string', default: 'no', help: 'When to start it again: no, always, unless-stopped, on-failure[:N]'},
	{name: 'rm', kind: 'bool', help: 'Remove the container and its anonymous volumes when it ends'},
	{name: 'runtime', kind: 'string', help: 'OCI runtime to use'},
	{name: 'security-opt', kind: 'list', help: 'Security options'},
	{name: 'shm-size', kind: 'bytes', help: 'Size of /dev/shm'},
	{name: 'stop-signal', kind: 'string', help: 'Signal that stops the container'},
	{name: 'stop-timeout', kind: 'int', default: '0', help: 'Seconds from that signal to SIGKILL'},
	{name: 'storage-opt', kind: 'list', help: 'Options of the storage driver'},
	{name: 'sysctl', kind: 'map', help: 'Set sysctls of its namespaces', check: checkSysctl},
	{name: 'tmpfs', kind: 'list', help: 'Mount a tmpfs: TARGET[:OPTIONS]'},
	{name: 'tty', short: 't', kind: 'bool', help: 'Give the program a terminal'},
	{name: 'ulimit', kind: 'ulimit', help: 'Set resource limits: NAME=SOFT[:HARD]', check: checkUlimit},
	{name: 'use-api-socket', kind: 'bool', help: 'Refused: there is no API socket to give', hidden: true},
	{name: 'user', short: 'u', kind: 'string', help: 'User name or UID, and group: NAME|UID[:GROUP|GID]'},
	{name: 'userns', kind: 'string', help: 'User namespace: host, or auto for ids of its own (auto:size=N)'},
	{name: 'uts', kind: 'string', help: 'UTS namespace to use'},
	{name: 'volume', short: 'v', kind: 'list', help: 'Mount a path of the host or a volume: [SOURCE:]TARGET[:OPTIONS]'},
	{name: 'volume-driver', kind: 'string', help: 'Driver of volumes that -v makes'},
	{name: 'volumes-from', kind: 'list', help: 'Mount what another container has: CONTAINER[:ro|rw]'},
	{name: 'workdir', short: 'w', kind: 'string', help: 'Working directory in the container'},
];

function checkNetwork(value: string): void {
	parseNetwork(value);
}

/** NAME:ADDRESS or NAME=ADDRESS. */
function checkExtraHost(value: string): void {
	const [, name = '', address = ''] = /^([^:=\s]+)[:=](\S+)$/.exec(value) ?? [];
	if (name === '') throw new Error(`bad format for add-host: ${JSON.stringify(value)}`);
	if (address !== 'host-gateway' && isIP(address.replace(/^\[(.*)\]$/, '$1')) === 0) throw new Error(`invalid IP address in add-host: ${JSON.stringify(address)}`);
}

function checkServer(value: string): void {
	if (isIP(value.trim()) === 0) throw new Error(`IP address is not correctly formatted: ${value}`);
}

function checkStream(name: string): void {
	if (!/^(stdin|stdout|stderr)$/i.test(name)) throw new Error(`valid streams are STDIN, STDOUT and STDERR`);
}

const PULL = ['always', 'missing', 'never', ''];

export function checkPull(policy: string): void {
	if (!PULL.includes(policy)) throw new UsageError(`hawser: invalid pull option: '${policy}': must be one of "always", "missing" or "never"`, {usage: false});
}
