import {mkdirSync, readdirSync, statSync} from 'node:fs';
import {hasErrno} from '../errors/codes.ts';
import {EngineError} from '../errors/error.ts';
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

const labelsOf = (options: readonly string[]): Record<string, string> =>
	Object.fromEntries(
		options
			.filter(option => option.startsWith('volume-label='))
			.map(option => {
				const [, key = '', ...value] = option.split('=');
				return [key, value.join('=')];
			}),
	);

const volumePoint = (store: VolumeStore, root: string, {source, target, readOnly, options}: MountSpec): MountPoint => {
	const {name} = createVolume(store, root, {name: source, labels: labelsOf(options)});
	return {type: 'volume', name, source: volumePath(root, name), target, readOnly, options, anonymous: source === ''};
};

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

/** Makes the volumes and host folders that a container's mounts need, and says where each is. */
export const resolveMounts = (store: VolumeStore, root: string, specs: readonly MountSpec[], imageVolumes: readonly string[]): MountPoint[] => {
	checkDuplicates(specs);
	return [...specs, ...imageSpecs(imageVolumes, specs)].map(spec => {
		if (spec.type === 'bind') return bindPoint(spec);
		if (spec.type === 'volume') return volumePoint(store, root, spec);
		return {type: 'tmpfs', source: '', target: spec.target, readOnly: spec.readOnly, options: spec.options, anonymous: false};
	});
};

/**
 * The volumes that take over what the image has at their target: those still empty, without nocopy. The target is a path
 * in the image, shaped by it: only a helper that has the image's tree for its root may resolve it.
 */
export const copyUps = (points: readonly MountPoint[]): MountPoint[] =>
	points.filter(({type, source, options}) => type === 'volume' && !options.includes('nocopy') && readdirSync(source).length === 0);
