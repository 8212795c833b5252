import {readFileSync, realpathSync} from 'node:fs';
import {EngineError} from '../errors/error.ts';
import type {MountPoint} from './model.ts';
import {propagationOf} from './oci.ts';

/** Where the host's mounts must let others through for mounts of a container's to get out (`shared`), or the host's in (`slave`). */

type HostMount = {readonly point: string; readonly shared: boolean; readonly slave: boolean};

/** A line of /proc/self/mountinfo (proc(5)): the optional fields stand between the sixth and a dash. */
const parseMountLine = (line: string): HostMount | undefined => {
	const [, , , , point, , ...rest] = line.split(' ');
	const optional = rest.slice(0, rest.indexOf('-'));
	const has = (tag: string): boolean => optional.some(field => field.startsWith(tag));
	return point === undefined ? undefined : {point: point.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))), shared: has('shared:'), slave: has('master:')};
};

const isBelow = (path: string, point: string): boolean => point === '/' || path === point || path.startsWith(`${point}/`);

/** The mount that a path is on: the deepest, and of those in one place the last. */
const mountOf = (path: string, mounts: readonly HostMount[]): HostMount | undefined =>
	mounts.filter(({point}) => isBelow(path, point)).reduce<HostMount | undefined>((best, mount) => (best === undefined || mount.point.length >= best.point.length ? mount : best), undefined);

const demands: Readonly<Record<string, {readonly holds: (mount: HostMount) => boolean; readonly what: string}>> = {
	shared: {holds: ({shared}) => shared, what: 'shared mount'},
	slave: {holds: ({shared, slave}) => shared || slave, what: 'shared or slave mount'},
};

/** Refuses a propagation that cannot be: asked for, and silently without effect. */
export function checkPropagation(points: readonly MountPoint[]): void {
	const asking = points.flatMap(point => {
		const demand = demands[propagationOf(point).replace(/^r/, '')];
		return demand ? [{source: point.source, demand}] : [];
	});
	if (asking.length === 0) return;
	const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
		.split('\n')
		.flatMap(line => parseMountLine(line) ?? []);
	for (const {source, demand} of asking) {
		const mount = mountOf(realpathSync(source), mounts);
		if (mount && !demand.holds(mount))
			throw new EngineError({
				code: 'volume.bad-source',
				subject: source,
				message: `path ${source} is mounted on ${mount.point} but it is not a ${demand.what}`,
				hint: `\`mount --make-rshared ${mount.point}\` makes it one.`,
			});
	}
}
