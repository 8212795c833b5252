import {lstatSync, readdirSync, type Stats, statSync} from 'node:fs';
import {EngineError} from '../errors/error.ts';
import {splitDevice} from './resources.ts';
import type {DeviceNode, DeviceRule} from './spec.ts';

const allow = (type: 'c' | 'b', major: number | undefined, minor: number | undefined, access = 'rwm'): DeviceRule => ({
	allow: true,
	type,
	...(major !== undefined && {major}),
	...(minor !== undefined && {minor}),
	access,
});

/** Nothing, then what any program needs. Making nodes is free: opening them is what counts. */
const base: readonly DeviceRule[] = [
	{allow: false, type: 'a', access: 'rwm'},
	allow('c', undefined, undefined, 'm'),
	allow('b', undefined, undefined, 'm'),
	allow('c', 1, 3),
	allow('c', 1, 5),
	allow('c', 1, 7),
	allow('c', 1, 8),
	allow('c', 1, 9),
	allow('c', 5, 0),
	allow('c', 5, 1),
	allow('c', 5, 2),
	allow('c', 136, undefined),
];

export type DevicePlan = {readonly nodes: readonly DeviceNode[]; readonly rules: readonly DeviceRule[]};

type Wishes = {readonly devices: readonly string[]; readonly rules: readonly string[]; readonly privileged: boolean};

/** `--device HOST[:CONTAINER[:rwm]]` and `--device-cgroup-rule`. Privileged: the host's, and whatever else is asked for. */
export function planDevices({devices, rules, privileged}: Wishes): DevicePlan {
	const asked = devices.flatMap(text => findDevices(text));
	const nodes = asked.map(({node}) => node);
	if (privileged) {
		const named = new Set(nodes.map(({path}) => path));
		return {nodes: [...hostNodes('/dev').filter(({path}) => !named.has(path)), ...nodes], rules: [{allow: true, type: 'a', access: 'rwm'}]};
	}
	return {nodes, rules: [...base, ...asked.map(({node, access}) => allow(node.type, node.major, node.minor, access)), ...rules.map(parseRule)]};
}

/** `c 1:3 rwm`; `*`: any number. */
function parseRule(text: string): DeviceRule {
	const [, type = 'a', major = '*', minor = '*', access = 'rwm'] = /^([acb]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(text) ?? [];
	const number = (digits: string): number => (digits === '*' ? -1 : Number(digits));
	return {allow: true, type: type as 'a' | 'c' | 'b', major: number(major), minor: number(minor), access};
}

export type Found = {readonly node: DeviceNode; readonly access: string};

/** A folder stands for all devices in it. */
function findDevices(text: string): Found[] {
	const {host, inside, access} = parseDevice(text);
	const found = statSync(host, {throwIfNoEntry: false});
	if (found?.isDirectory() === true) {
		const nodes = hostNodes(host).map(node => ({node: {...node, path: `${inside}${node.path.slice(host.length)}`}, access}));
		if (nodes.length === 0) throw noDevice(host, 'not a device node');
		return nodes;
	}
	return [deviceAt(host, inside, access)];
}

/** A device of the host under another path. */
export function deviceAt(host: string, inside: string, access: string): Found {
	const found = statSync(host, {throwIfNoEntry: false});
	if (found === undefined) throw noDevice(host, 'no such file or directory');
	const node = toNode(inside, found);
	if (node === undefined) throw noDevice(host, 'not a device node');
	return {node, access};
}

const noDevice = (host: string, why: string): EngineError =>
	new EngineError({code: 'container.no-device', subject: host, message: `error gathering device information while adding custom device "${host}": ${why}`});

/** The three parts of a `--device`. */
export function parseDevice(text: string): {readonly host: string; readonly inside: string; readonly access: string} {
	const parts = text.split(':');
	const [host = ''] = parts;
	const last = parts.length > 1 ? (parts.at(-1) ?? '') : '';
	const access = /^[rwm]{1,3}$/.test(last) ? last : 'rwm';
	const path = parts.length === 3 || (parts.length === 2 && access !== last) ? (parts[1] ?? '') : '';
	const inside = path === '' ? host : path;
	if (!inside.startsWith('/') || inside.split('/').includes('..') || parts.length > 3)
		throw new EngineError({code: 'container.invalid', subject: text, message: `invalid device specification: ${text}`});
	return {host, inside, access};
}

function toNode(path: string, stats: Stats): DeviceNode | undefined {
	if (!stats.isCharacterDevice() && !stats.isBlockDevice()) return undefined;
	return {path, type: stats.isBlockDevice() ? 'b' : 'c', ...splitDevice(stats.rdev), fileMode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid};
}

/** Without what the runtime makes itself, and without terminals and shared memory of the host. */
const skipped = new Set(['pts', 'shm', 'fd', 'mqueue', 'console', 'ptmx', '.lxc', '.lxd-mounts', '.udev', 'hugepages']);

function hostNodes(folder: string): DeviceNode[] {
	return readdirSync(folder).flatMap(name => {
		if (skipped.has(name)) return [];
		const path = `${folder}/${name}`;
		const found = lstatSync(path, {throwIfNoEntry: false});
		if (found === undefined) return [];
		if (found.isDirectory()) return hostNodes(path);
		return toNode(path, found) ?? [];
	});
}
