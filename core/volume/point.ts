import {mkdirSync, readdirSync, statSync} from 'node:fs';
import {hasErrno} from '../errors/codes.ts';
import {EngineError} from '../errors/error.ts';
import {deviceOf} from './device.ts';
import type {MountPoint, MountSpec, VolumeStore} from './model.ts';
import {cleanTarget} from './target.ts';
import {createVolume, volumePath} from './volume.ts';

const isMissing = (path: string): boolean => {
	try {
		statSync(path);
		return false;
	} catch (cause) {
		if (hasErrno(cause, 'ENOENT')) return true;
		throw new EngineError({code: 'volume.bad-source', subject: path, message: `invalid mount config for type "bind": cannot look at source path ${path}`, cause});
	}
};

const bindPoint = ({source, target, readOnly, options}: MountSpec): MountPoint => {
	if (isMissing(source)) {
		if (!options.includes('bind-create-src'))
			throw new EngineError({
				code: 'volume.bad-source',
				subject: source,
				message: `invalid mount config for type "bind": bind source path does not exist: ${source}`,
				hint: 'make it first, or add bind-create-src',
			});
		mkdirSync(source, {recursive: true, mode: 0o755});
	}
	return {type: 'bind', source, target, readOnly, options, anonymous: false};
};

const optionMap = (options: readonly string[], prefix: string): Record<string, string> =>
	Object.fromEntries(
		options
			.filter(option => option.startsWith(prefix))
			.map(option => {
				const [key = '', ...value] = option.slice(prefix.length).split('=');
				return [key, value.join('=')];
			}),
	);

const volumePoint = (store: VolumeStore, root: string, {source, target, readOnly, options}: MountSpec): MountPoint => {
	const driver = options.find(option => option.startsWith('volume-driver='))?.slice('volume-driver='.length);
	const request = {name: source, driver, labels: optionMap(options, 'volume-label='), options: optionMap(options, 'volume-opt=')};
	const volume = createVolume(store, root, request);
	const device = deviceOf(volume.options);
	if (device !== undefined && options.some(option => option.startsWith('volume-subpath=')))
		throw new EngineError({code: 'volume.unsupported-option', subject: volume.name, message: `cannot mount a subpath of volume ${volume.name}: it is no folder of the store`});
	const kept = options.filter(option => !/^volume-(label|opt|driver)=/.test(option));
	return {type: 'volume', name: volume.name, source: volumePath(root, volume.name), target, readOnly, options: kept, ...(device && {device}), anonymous: source === ''};
};

function pointOf(store: VolumeStore, root: string, spec: MountSpec): MountPoint {
	if (spec.type === 'bind') return bindPoint(spec);
	if (spec.type === 'volume') return volumePoint(store, root, spec);
	return {type: 'tmpfs', source: '', target: spec.target, readOnly: spec.readOnly, options: spec.options, anonymous: false};
}

const checkDuplicates = (specs: readonly MountSpec[]): void => {
	const seen = new Set<string>();
	for (const {target} of specs) {
		if (seen.has(target)) throw new EngineError({code: 'volume.duplicate-target', subject: target, message: `Duplicate mount point: ${target}`});
		seen.add(target);
	}
};

/** The image's VOLUMEs become anonymous volumes where nothing else is mounted. */
const imageSpecs = (imageVolumes: readonly string[], specs: readonly MountSpec[]): MountSpec[] =>
	[...new Set(imageVolumes.map(path => cleanTarget(path, path)))]
		.filter(target => !specs.some(spec => spec.target === target))
		.map(target => ({type: 'volume', source: '', target, readOnly: false, options: []}));

/** What a container takes over from another (`--volumes-from`), and how: as it is there, or read-only. */
export type Borrowed = {readonly points: readonly MountPoint[]; readonly mode: string};

function withoutAsked(point: MountPoint): MountPoint {
	const {asked: _, ...rest} = point;
	return rest;
}

const borrowedPoints = (borrowed: readonly Borrowed[], specs: readonly MountSpec[]): MountPoint[] => {
	const byTarget = new Map<string, MountPoint>();
	for (const {points, mode} of borrowed)
		for (const point of points)
			if (point.type !== 'tmpfs') byTarget.set(point.target, {...withoutAsked(point), readOnly: point.readOnly || mode.split(',').includes('ro'), anonymous: false});
	return [...byTarget.values()].filter(({target}) => !specs.some(spec => spec.target === target));
};

/** Makes the volumes and host folders that a container's mounts need, and says where each is. What is asked for wins over what is borrowed, and that over the image's. */
export const resolveMounts = (store: VolumeStore, root: string, specs: readonly MountSpec[], imageVolumes: readonly string[], borrowed: readonly Borrowed[] = []): MountPoint[] => {
	checkDuplicates(specs);
	const taken = borrowedPoints(borrowed, specs);
	const fromImage = imageSpecs(imageVolumes, specs).filter(({target}) => !taken.some(point => point.target === target));
	const own = [...specs, ...fromImage].map((spec): MountPoint => ({...pointOf(store, root, spec), ...(spec.asked && {asked: spec.asked})}));
	return [...taken, ...own];
};

/**
 * The volumes that take over what the image has at their target: those still empty, without nocopy. The target is a path
 * in the image, shaped by it: only a helper that has the image's tree for its root may resolve it.
 */
export const copyUps = (points: readonly MountPoint[]): MountPoint[] =>
	points.filter(
		({type, source, options, device}) =>
			type === 'volume' && device === undefined && !options.some(option => option === 'nocopy' || option.startsWith('volume-subpath=')) && readdirSync(source).length === 0,
	);
