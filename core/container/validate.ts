import {isIP} from 'node:net';
import {EngineError} from '../errors/error.ts';
import {parseSignal} from '../platform/signals.ts';
import {checkModes} from './join.ts';
import {checkResources} from './limits.ts';
import {checkLogDriver} from './log-driver.ts';
import type {EndpointWish} from '../network/model.ts';
import type {ContainerSpec} from './model.ts';
import {checkUserns} from './userns.ts';

const invalid = (subject: string, message: string, hint?: string): EngineError => new EngineError({code: 'container.invalid', subject, message, hint});

// biome-ignore lint/suspicious/noControlCharactersInRegex: just these are refused
const control = /[\u0000-\u001f\u007f]/;

/** What is sent to C, written into files of /etc, or shown: no control byte gets past here. */
export function checkSpec(spec: ContainerSpec): void {
	if (spec.name !== undefined) checkName(spec.name);
	checkHostname(spec.hostname, spec.domainname);
	for (const variable of spec.env ?? []) checkEnv(variable);
	for (const label of Object.keys(spec.labels ?? {})) if (label === '' || control.test(label)) throw invalid(label, `invalid label key ${JSON.stringify(label)}`);
	for (const argument of [...(spec.entrypoint ?? []), ...(spec.command ?? [])])
		if (argument.includes('\0')) throw invalid('command', 'an argument of the command holds a NUL byte');
	if (spec.workdir !== undefined && spec.workdir !== '') checkWorkdir(spec.workdir);
	if (spec.user !== undefined) checkUser(spec.user);
	checkNetwork(spec);
	checkResources(spec.resources ?? {});
	checkModes(spec);
	checkUserns(spec.userns ?? '');
	checkRest(spec);
}

export function checkName(name: string): void {
	if (!/^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) throw invalid(name, `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
	if (name.length > 128) throw invalid(name, `Invalid container name (${name.slice(0, 40)}…), at most 128 characters are allowed`);
}

/** An OCI or image-shaped workdir of /proc/PID/fd would reach a descriptor of the host (CVE-2024-21626). */
export function checkWorkdir(workdir: string): void {
	if (!workdir.startsWith('/')) throw invalid(workdir, `the working directory '${workdir}' is invalid, it needs to be an absolute path`);
	if (control.test(workdir)) throw invalid(workdir, `the working directory ${JSON.stringify(workdir)} holds a control character`);
	if (/^\/+proc\/+[^/]+\/+(task\/+[^/]+\/+)?(fd|cwd|root)(\/|$)/.test(workdir)) throw invalid(workdir, `the working directory '${workdir}' is not allowed`);
}

/** The grammar; names are looked up by the runtime inside the container. */
export function checkUser(user: string): void {
	if (user === '') return;
	const parts = user.split(':');
	if (parts.length > 2 || parts[0] === '' || parts.some(part => !/^[a-zA-Z0-9_.][a-zA-Z0-9_.-]*\$?$/.test(part)))
		throw invalid(user, `invalid user ${JSON.stringify(user)}: expected name|uid[:group|gid]`);
	for (const part of parts) if (/^\d+$/.test(part) && Number(part) > 2_147_483_647) throw invalid(user, 'uids and gids must be in range 0-2147483647');
}

export function checkEnv(variable: string): void {
	const equals = variable.indexOf('=');
	const key = equals < 0 ? variable : variable.slice(0, equals);
	if (key === '') throw invalid(variable, `invalid environment variable: ${variable}`);
	if (control.test(key) || variable.includes('\0')) throw invalid(key, `invalid environment variable ${JSON.stringify(key)}: control characters are not allowed`);
}

function checkHostname(hostname: string | undefined, domainname: string | undefined): void {
	if (hostname !== undefined && !/^[a-zA-Z0-9_]([a-zA-Z0-9_.-]*[a-zA-Z0-9_])?$/.test(hostname) && hostname !== '')
		throw invalid(hostname, `invalid hostname format: ${JSON.stringify(hostname)}`);
	// 64 is the kernel's limit for a node name.
	if (hostname !== undefined && hostname.length > 63) throw invalid(hostname, `invalid hostname: ${hostname.slice(0, 40)}… is longer than 63 characters`);
	if (domainname !== undefined && !/^[a-zA-Z0-9_.-]{0,253}$/.test(domainname)) throw invalid(domainname, `invalid domainname format: ${JSON.stringify(domainname)}`);
}

/** Settings that a network of somebody else's does not leave to the container, in Docker's words. */
const conflicts: ReadonlyArray<readonly [mode: RegExp, has: (spec: ContainerSpec) => boolean, message: string]> = [
	[/^container:/, ({hostname = ''}) => hostname !== '', 'conflicting options: hostname and the network mode'],
	[
		/^container:/,
		({networks = []}) => networks.some(({links = []}) => links.length > 0),
		"conflicting options: container type network can't be used with links. This would result in undefined behavior",
	],
	[
		/^host$/,
		({networks = []}) => networks.some(({links = []}) => links.length > 0),
		"conflicting options: host type networking can't be used with links. This would result in undefined behavior",
	],
	[/^container:/, ({dns = []}) => dns.length > 0, 'conflicting options: dns and the network mode'],
	[/^container:/, ({extraHosts = []}) => extraHosts.length > 0, 'conflicting options: custom host-to-IP mapping and the network mode'],
	[/^container:/, ({networks = []}) => networks.some(({mac}) => mac !== undefined), 'conflicting options: mac-address and the network mode'],
	[/^container:/, ({ports = [], publishAll = false}) => ports.length > 0 || publishAll, 'conflicting options: port publishing and the container type network mode'],
	[/^container:/, ({expose = []}) => expose.length > 0, 'conflicting options: port exposing and the container type network mode'],
];

function checkNetwork(spec: ContainerSpec): void {
	const {network = 'bridge', networks = [], extraHosts = [], dns = [], dnsSearch = [], dnsOptions = []} = spec;
	if (network === 'container:') throw invalid(network, 'invalid container format container:<name|id>');
	for (const [mode, has, message] of conflicts) if (mode.test(network) && has(spec)) throw invalid(network, message);
	for (const text of [...extraHosts, ...dns, ...dnsSearch, ...dnsOptions])
		if (control.test(text) || text === '') throw invalid(text, `invalid network setting ${JSON.stringify(text)}`);
	for (const wish of networks) checkWords(wish);
	for (const entry of extraHosts) checkExtraHost(entry);
	for (const address of dns) if (isIP(address) === 0) throw invalid(address, `${address} is not an ip address`);
}

/** What ends in a plan, where words are divided by spaces, or in a record of names, by commas. */
export function checkWords({aliases = [], options = {}}: EndpointWish): void {
	for (const alias of aliases)
		if (!/^[a-zA-Z0-9_]([a-zA-Z0-9_.-]{0,251}[a-zA-Z0-9_])?$/.test(alias))
			throw invalid(alias, `invalid network alias ${JSON.stringify(alias)}`, 'Letters, digits, dots, dashes and underscores make a name.');
	for (const [key, value] of Object.entries(options)) if (/[\s\0]/.test(`${key}${value}`)) throw invalid(key, `invalid driver option ${JSON.stringify(`${key}=${value}`)}`);
	const ifname = options['com.docker.network.endpoint.ifname'];
	if (ifname !== undefined && !/^[a-zA-Z][a-zA-Z0-9_.-]{0,14}$/.test(ifname)) throw invalid(ifname, `invalid interface name ${JSON.stringify(ifname)}`);
	for (const setting of (options['com.docker.network.endpoint.sysctls'] ?? '').split(','))
		if (setting !== '' && !/^net\.(ipv4|ipv6|mpls)\.(conf|neigh)\.ifname\.[a-z0-9_]+=[a-z0-9 ]{1,31}$/i.test(setting))
			throw invalid(setting, `invalid endpoint sysctl ${JSON.stringify(setting)}: net.ipv4.conf.IFNAME.SETTING=VALUE is expected`);
}

function checkExtraHost(entry: string): void {
	const [, name = '', address = ''] = /^([^:=\s]+)[:=](\S+)$/.exec(entry) ?? [];
	if (name === '') throw invalid(entry, `bad format for add-host: ${JSON.stringify(entry)}`);
	if (address !== 'host-gateway' && isIP(address.replace(/^\[(.*)\]$/, '$1')) === 0) throw invalid(entry, `invalid IP address in add-host: ${JSON.stringify(address)}`);
}

function checkRest(spec: ContainerSpec): void {
	const parent = spec.cgroupParent ?? '';
	if (control.test(parent) || parent.split('/').includes('..'))
		throw invalid(parent, `invalid cgroup parent ${JSON.stringify(parent)}: it is a path below the root of the hierarchy`);
	if (spec.stopSignal !== undefined) parseSignal(spec.stopSignal);
	if (spec.restart !== undefined && spec.restart.maximumRetryCount > 0 && spec.restart.name !== 'on-failure')
		throw invalid('restart', `maximum retry count cannot be used with restart policy '${spec.restart.name}'`);
	if (spec.autoRemove === true && spec.restart !== undefined && spec.restart.name !== 'no') throw invalid('restart', "can't create 'AutoRemove' container with restart policy");
	if (spec.shmSize !== undefined && spec.shmSize < 0) throw invalid('shm-size', 'SHM size can not be less than 0');
	for (const mount of spec.mounts ?? []) checkMountTarget(mount.target, mount.source);
	for (const target of Object.keys(spec.tmpfs ?? {})) checkMountTarget(target, '');
	for (const [key, value] of Object.entries(spec.sysctls ?? {})) checkSysctl(key, value, spec);
	for (const [key] of Object.entries(spec.annotations ?? {}))
		if (key === '') throw invalid(key, 'invalid Annotations: the empty string is not permitted as an annotation key');
		else if (key.startsWith('io.hawser.')) throw invalid(key, `annotation ${key} is reserved`);
	checkLogDriver(spec.logDriver ?? 'json-file', spec.logOptions ?? {});
}

/** The runtime makes /proc and /sys; what is mounted over them would hide its masks (CVE-2023-27561 and the like). */
function checkMountTarget(target: string, source: string): void {
	const volume = `${source}${source === '' ? '' : ':'}${target}`;
	if (!target.startsWith('/'))
		throw invalid(target, `invalid volume specification: '${volume}': invalid mount config for type "bind": invalid mount path: '${target}' mount path must be absolute`);
	if (control.test(target) || control.test(source)) throw invalid(target, `invalid volume specification ${JSON.stringify(volume)}: control characters are not allowed`);
	const clean = target.replace(/\/+/g, '/').replace(/(.)\/$/, '$1');
	if (clean === '/') throw invalid(target, `invalid volume specification: '${volume}': invalid specification: destination can't be '/'`);
	if (clean.split('/').includes('..')) throw invalid(target, `invalid volume specification: '${volume}': the destination must not hold '..'`);
}

/** Only what is the container's own: the namespaces that it has (CVE-2022-0811). */
function checkSysctl(key: string, value: string, {network, ipc}: ContainerSpec): void {
	const wrong = (why: string): EngineError => invalid(key, `sysctl '${key}' is not allowed${why}`);
	if (!/^[a-z0-9_]+([./][a-zA-Z0-9_-]+)+$/.test(key) || control.test(value)) throw wrong('');
	const name = key.replaceAll('/', '.');
	const ofIpc = name.startsWith('fs.mqueue.') || /^kernel\.(shm(max|all|mni|_rmid_forced)|msg(max|mnb|mni|_next_id)|sem|sem_next_id)$/.test(name);
	if (ofIpc && ipc === 'host') throw wrong(' with the ipc namespace of the host');
	if (name.startsWith('net.') && network === 'host') throw wrong(' with the network of the host');
	if (!ofIpc && !name.startsWith('net.')) throw wrong(': it is not of a namespace of the container');
}
