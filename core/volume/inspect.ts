import type {MountPoint, Volume} from './model.ts';
import {propagationOf} from './oci.ts';
import {volumePath} from './volume.ts';

const emptyIsNull = (map: Readonly<Record<string, string>>): Readonly<Record<string, string>> | null => (Object.keys(map).length === 0 ? null : map);

/** The JSON of `volume inspect`. */
export const inspectVolume = (root: string, volume: Volume) => ({
	CreatedAt: volume.created.replace(/\.\d+Z$/, 'Z'),
	Driver: 'local',
	Labels: emptyIsNull(volume.labels),
	Mountpoint: volumePath(root, volume.name),
	Name: volume.name,
	Options: emptyIsNull(volume.options),
	Scope: 'local',
});

/** As it was written; a volume that has a name, or that `--mount` asked for, is shared among containers unless said otherwise. */
function modeOf({type, readOnly, options, asked}: MountPoint): string {
	if (type === 'tmpfs') return '';
	const shared = type === 'volume' && asked !== undefined ? 'z' : '';
	if (asked !== undefined && 'bind' in asked) return asked.bind.split(':')[2] ?? shared;
	if (asked !== undefined && 'mount' in asked) return shared;
	return [...(readOnly ? ['ro'] : []), ...options.filter(option => /^(z|Z|nocopy)$/.test(option))].join(',');
}

/** `Mounts` of a container's inspect. */
export const inspectMount = (point: MountPoint) => ({
	Type: point.type,
	...(point.type === 'volume' ? {Name: point.name} : {}),
	Source: point.source,
	Destination: point.target,
	...(point.type === 'volume' ? {Driver: 'local'} : {}),
	Mode: modeOf(point),
	RW: !point.readOnly,
	Propagation: propagationOf(point),
});
