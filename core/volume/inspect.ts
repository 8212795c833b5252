import type {MountPoint, Volume} from './model.ts';
import {propagationOf} from './oci.ts';
import {volumePath} from './volume.ts';

/** The JSON of `volume inspect`. */
export const inspectVolume = (root: string, volume: Volume) => ({
	CreatedAt: volume.created,
	Driver: 'local',
	Labels: volume.labels,
	Mountpoint: volumePath(root, volume.name),
	Name: volume.name,
	Options: null,
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
