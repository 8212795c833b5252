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

const modeOf = ({readOnly, options, type}: MountPoint): string => {
	const words = options.filter(option => /^(z|Z|nocopy)$/.test(option));
	return [...(readOnly && type !== 'tmpfs' ? ['ro'] : []), ...words].join(',');
};

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
