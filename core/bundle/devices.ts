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

/** `--device HOST[:CONTAINER[:rwm]]`. Privileged: the host's. */
export function planDevices(wishes: readonly string[], privileged: boolean): DevicePlan {
	if (privileged) return {nodes: hostNodes('/dev'), rules: [{allow: true, type: 'a', access: 'rwm'}]};
	const asked = wishes.map(parseDevice);
	return {nodes: asked.map(({node}) => node), rules: [...base, ...asked.map(({node, access}) => allow(node.type, node.major, node.minor, access))]};
}

function parseDevice(text: string): {node: DeviceNode; access: string} {
	const parts = text.split(':');
	const [host = ''] = parts;
	const last = parts.length > 1 ? (parts.at(-1) ?? '') : '';
	const access = /^[rwm]{1,3}$/.test(last) ? last : 'rwm';
	const path = parts.length === 3 || (parts.length === 2 && access !== last) ? (parts[1] ?? host) : host;
	if (!path.startsWith('/') || path.split('/').includes('..') || parts.length > 3)
		throw new EngineError({code: 'container.invalid', subject: text, message: `invalid device specification: ${text}`});
	const found = statSync(host, {throwIfNoEntry: false});
	if (found === undefined)
		throw new EngineError({
			code: 'container.no-device',
			subject: host,
			message: `error gathering device information while adding custom device "${host}": no such file or directory`,
		});
	const node = toNode(path, found);
	if (node === undefined)
		throw new EngineError({code: 'container.no-device', subject: host, message: `error gathering device information while adding custom device "${host}": not a device node`});
	return {node, access};
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
