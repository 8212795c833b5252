import {existsSync} from 'node:fs';
import type {Engine} from '../engine/engine.ts';
import {startTimeOf} from '../platform/process.ts';
import {readView, writeView} from '../snapshot/view.ts';
import {copyUps} from '../volume/point.ts';
import {EngineError} from '../errors/error.ts';
import {claimContainer} from './claim.ts';
import {readLive} from './live.ts';
import {containerFolder, snapshots} from './place.ts';
import type {ContainerRecord} from './record.ts';

/** A container's files in the words of hawser-layer's options, docs/formats.md. */
export type View = readonly string[];

/** Its writable layer over those of the image, read only, whether it runs or not. No volumes. */
export const layersView = (engine: Engine, {id, config}: ContainerRecord): string[] => readView(snapshots(engine).mountable(id, config.chainIds));

/**
 * Does something with the files as the container sees them: inside its own mounts while it runs; else with its root and the volumes mounted
 * for this alone, while nobody else can start it.
 */
export async function withFiles<T>(engine: Engine, record: ContainerRecord, work: (view: View) => Promise<T>): Promise<T> {
	for (;;) {
		const {pid} = readLive(engine, record.id);
		if (pid > 0) return work(['--process', `${pid}:${startTimeOf(pid)}`]);
		const claim = await claimContainer(engine, record.id, 'copy');
		if (claim === undefined) {
			if (readLive(engine, record.id).pid > 0) continue;
			throw new EngineError({code: 'container.busy', subject: record.name, message: `container ${record.name} is about to start again`, hint: 'Try again in a moment.'});
		}
		try {
			return await work(mountedView(engine, record));
		} finally {
			claim.release();
		}
	}
}

/** A volume that shall take over what the image has there shows just that until it has. */
function mountedView(engine: Engine, record: ContainerRecord): string[] {
	const waiting = new Set(copyUps(record.config.mounts));
	const mounts = record.config.mounts.filter(mount => mount.type !== 'tmpfs' && !waiting.has(mount));
	const files = ['hostname', 'hosts', 'resolv.conf'].map(name => ({source: `${containerFolder(engine, record.id)}/${name}`, target: `/etc/${name}`}));
	return [
		...writeView(snapshots(engine).mountable(record.id, record.config.chainIds)),
		...[...files.filter(({source}) => existsSync(source)), ...mounts]
			.toSorted((a, b) => a.target.length - b.target.length)
			.flatMap(({source, target}) => ['--mount', `${source}:${target}`]),
	];
}
