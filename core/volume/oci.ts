import type {MountPoint} from './model.ts';
import {tmpfsOptions} from './tmpfs.ts';

export type OciMount = {readonly destination: string; readonly type: string; readonly source: string; readonly options: readonly string[]};

const propagations: readonly string[] = ['shared', 'rshared', 'slave', 'rslave', 'private', 'rprivate'];

export const propagationOf = ({type, options}: MountPoint): string => (type === 'bind' ? (options.find(option => propagations.includes(option)) ?? 'rprivate') : '');

/** `rro` makes what is mounted below read-only too; `writable` asks for the plain `ro` of the top alone. */
const accessOf = ({readOnly, options}: MountPoint, recursive: boolean): string[] => {
	if (!readOnly) return ['rw'];
	return recursive && !options.includes('bind-recursive=writable') ? ['ro', 'rro'] : ['ro'];
};

const subpathOf = ({options}: MountPoint): string[] => options.filter(option => option.startsWith('volume-subpath=')).map(option => `X-mount.subdir=${option.slice('volume-subpath='.length)}`);

/** A volume whose driver's options name a file system is that, mounted for the container alone. */
const bindMount = (point: MountPoint): OciMount => {
	const recursive = !point.options.includes('bind-recursive=disabled');
	/* A volume's own tree has no use for mounts that appear on the host later. */
	const propagation = point.type === 'bind' ? propagationOf(point) : 'rprivate';
	const {device} = point;
	if (device && device.type !== 'bind') return {destination: point.target, type: device.type, source: device.source, options: [...device.options, ...(point.readOnly ? ['ro'] : [])]};
	const own = device ? device.options.filter(option => option !== 'bind' && option !== 'rbind') : [];
	return {
		destination: point.target,
		type: 'bind',
		source: device?.source ?? point.source,
		options: [recursive ? 'rbind' : 'bind', ...own, ...accessOf(point, recursive), propagation, ...subpathOf(point)],
	};
};

const depth = (path: string): number => path.split('/').length;

/** For config.json, parents before what is mounted inside them. */
export const ociMounts = (points: readonly MountPoint[]): OciMount[] =>
	points
		.map(point => (point.type === 'tmpfs' ? {destination: point.target, type: 'tmpfs', source: 'tmpfs', options: tmpfsOptions(point.options, point.readOnly)} : bindMount(point)))
		.sort((a, b) => depth(a.destination) - depth(b.destination));
