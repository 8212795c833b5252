import type {PullProgress} from '../../core/image/model.ts';
import {pullImage} from '../../core/image/pull.ts';
import type {ImageStore} from '../../core/image/store.ts';

/** Milliseconds since the start at which each phase was over, and what it cost this process (the helpers' CPU is not in it). */
export type PullTiming = {
	/** Manifest and config are read. */
	readonly resolved: number;
	/** The first and the last layer are unpacked and checked; only the sync is missing. */
	readonly firstUnpacked: number;
	readonly unpacked: number;
	/** Synced and renamed. */
	readonly durable: number;
	readonly recorded: number;
	readonly cpu: number;
	readonly residentMiB: number;
};

/** Pulls once and says where the time went. For figures that mean something give it a store on a fresh file system each time. */
export async function timePull(store: ImageStore, reference: string): Promise<PullTiming> {
	const start = performance.now();
	const cpuBefore = process.cpuUsage();
	const since = () => Math.round(performance.now() - start);
	let resolved = 0;
	const unpacked: number[] = [];
	const durable: number[] = [];
	const mark = (progress: PullProgress) => {
		if (progress.kind === 'resolved') resolved = since();
		else if (progress.kind === 'layer' && progress.state === 'verifying') unpacked.push(since());
		else if (progress.kind === 'layer' && progress.state === 'done') durable.push(since());
	};
	await pullImage(store, reference, {onProgress: mark});
	const recorded = since();
	const {user, system} = process.cpuUsage(cpuBefore);
	return {
		resolved,
		firstUnpacked: unpacked[0] ?? resolved,
		unpacked: unpacked.at(-1) ?? resolved,
		durable: durable.at(-1) ?? resolved,
		recorded,
		cpu: Math.round((user + system) / 1000),
		residentMiB: Math.round(process.resourceUsage().maxRSS / 1024),
	};
}
