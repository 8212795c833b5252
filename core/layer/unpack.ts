import {readdirSync} from 'node:fs';
import {availableParallelism} from 'node:os';
import {makeFolders} from '../content/durable.ts';
import {blobFolder, ingestFolder} from '../content/path.ts';
import {messageOf} from '../errors/codes.ts';
import {EngineError} from '../errors/error.ts';
import {algorithmOf, digestOf} from '../oci/digest.ts';
import {runProgram} from '../platform/run.ts';
import {commitLayers} from './commit.ts';
import {layerFailure} from './failure.ts';
import {feed} from './feed.ts';
import {type HelperNews, startUnpack, type UnpackHelper} from './helper.ts';
import {hasLayer, type LayerInfo, readLayerInfo} from './info.ts';
import type {FetchBlob, LayerProgress, LayerState, LayerStore, UnpackedLayer, WantedLayer} from './model.ts';
import {layerTree, stagingFolder, stagingTree} from './path.ts';
import {settleLayer} from './settle.ts';

export type UnpackOptions = {readonly onProgress?: (progress: LayerProgress) => void; readonly signal?: AbortSignal};

type Job = {
	readonly layer: WantedLayer;
	state: LayerState;
	current: number;
	helper?: UnpackHelper;
	info?: LayerInfo;
	failure?: EngineError;
	/** Some of its bytes were here before. */
	resumed?: boolean;
	/** The layer that it lies on. */
	readonly below: Job | undefined;
	/** Looked up in the layers below; `through`: folders that are links there, `PATH:TARGET`. */
	settled: boolean;
	through: readonly string[];
};

type Run = {
	readonly store: LayerStore;
	readonly jobs: readonly Job[];
	readonly fetch: FetchBlob;
	readonly onProgress: (progress: LayerProgress) => void;
	readonly abort: AbortController;
};

/** Layers at work at once: enough to keep the network and all cores busy, few enough for a registry. */
const atOnce = Math.max(4, availableParallelism());

/**
 * Brings layers into the store, side by side, each unpacked while it arrives: when it returns, all are there, whole and durable. One
 * syncfs serves all. A layer that another process has in hand is waited for; and since that one may wait for one of ours, what we have
 * is committed as soon as nothing of ours is at work, so that no two processes wait for each other.
 */
export async function unpackLayers(
	store: LayerStore,
	layers: readonly WantedLayer[],
	fetch: FetchBlob,
	{onProgress = () => {}, signal}: UnpackOptions = {},
): Promise<UnpackedLayer[]> {
	const abort = new AbortController();
	const stop = () => abort.abort(signal?.reason);
	signal?.throwIfAborted();
	signal?.addEventListener('abort', stop, {once: true});
	const run: Run = {store, fetch, onProgress, abort, jobs: makeJobs(distinct(layers))};
	try {
		await prepareFolders(store, layers);
		await work(run);
	} finally {
		signal?.removeEventListener('abort', stop);
	}
	return layers.map(layer => outcome(store.root, layer, run.jobs));
}

const distinct = (layers: readonly WantedLayer[]): WantedLayer[] => [...new Map(layers.map(layer => [layer.chainId, layer])).values()];

/** Lowest first, so that each finds the one below it: by the chain-id, which is made of that one's. */
function makeJobs(layers: readonly WantedLayer[]): Job[] {
	const jobs: Job[] = [];
	const left = new Set(layers);
	for (let found = true; found; ) {
		found = false;
		for (const layer of left) {
			const below = jobs.findLast(job => digestOf(`${job.layer.chainId} ${layer.diffId}`) === layer.chainId);
			if (below === undefined && layer.chainId !== layer.diffId) continue;
			jobs.push({layer, below, state: 'queued', current: 0, settled: false, through: []});
			left.delete(layer);
			found = true;
		}
	}
	const [stray] = left;
	if (stray) throw new EngineError({code: 'layer.invalid', subject: stray.chainId, message: `layer ${stray.digest} lies on a layer that is not asked for`});
	return jobs;
}

function outcome(root: string, layer: WantedLayer, jobs: readonly Job[]): UnpackedLayer {
	const job = jobs.find(one => one.layer.chainId === layer.chainId);
	const fresh = job?.state === 'done';
	return {chainId: layer.chainId, diffId: layer.diffId, size: (job?.info ?? readLayerInfo(root, layer.chainId)).size, fresh};
}

/** Staging folders that a dead process left are taken away by whoever comes next. */
async function prepareFolders({root, helper}: LayerStore, layers: readonly WantedLayer[]): Promise<void> {
	const blobFolders = layers.map(({digest}) => blobFolder(root, algorithmOf(digest)));
	makeFolders(`${root}/layers`, stagingFolder(root), ingestFolder(root), ...blobFolders);
	if (readdirSync(stagingFolder(root)).length > 0) await runProgram(helper, ['clean', stagingFolder(root)]);
}

const isAtWork = ({state}: Job): boolean => state === 'downloading' || state === 'extracting';
const isOver = ({state}: Job): boolean => state === 'done' || state === 'exists';

/** Starts, waits and commits until all are there; the first failure ends everything. */
async function work(run: Run): Promise<void> {
	const {jobs, store, abort} = run;
	// The largest first: nobody waits at the end for one long one.
	const queue = [...jobs].sort((a, b) => b.layer.size - a.layer.size);
	let wake: () => void = () => {};
	const changed = () => wake();
	abort.signal.addEventListener('abort', changed, {once: true});
	try {
		while (!jobs.every(isOver)) {
			const failed = jobs.find(job => job.failure !== undefined)?.failure;
			if (failed) throw failed;
			abort.signal.throwIfAborted();
			const turn = new Promise<void>(resolve => (wake = resolve));
			while (queue.length > 0 && jobs.filter(isAtWork).length < atOnce) start(run, queue.shift() as Job, changed);
			const ready = queue.length > 0 || jobs.some(isAtWork) ? [] : jobs.filter(isCommittable);
			if (ready.length > 0) await commitOrRepeat(run, ready, changed);
			else if (!jobs.every(isOver)) await turn;
		}
	} catch (error) {
		abort.abort(error);
		await Promise.all(jobs.map(async job => job.helper?.kill()));
		await runProgram(store.helper, ['clean', stagingFolder(store.root), ingestFolder(store.root)]);
		throw error;
	}
}

/** Of one layer what is below it, topmost first. */
const allBelow = ({below}: Job): Job[] => (below === undefined ? [] : [below, ...allBelow(below)]);

/** Nothing is committed before all below it is there: it must be settled, and without its base it is of no use. */
const isCommittable = (job: Job): boolean => job.state === 'ready' && allBelow(job).every(one => one.state === 'ready' || isOver(one));

async function commitOrRepeat(run: Run, ready: readonly Job[], changed: () => void): Promise<void> {
	const {root} = run.store;
	const again: Job[] = [];
	for (const job of ready.filter(({settled}) => !settled)) {
		const below = allBelow(job);
		// What will be unpacked again says nothing yet.
		if (below.some(one => again.includes(one))) continue;
		const lower = below.map(({state, layer}) => (state === 'ready' ? stagingTree(root, layer.chainId) : layerTree(root, layer.chainId)));
		const links = await settleLayer(run.store, job.layer, lower);
		job.settled = links.length === 0;
		job.through = [...job.through, ...links];
		if (!job.settled) again.push(job);
	}
	if (again.length === 0) return commit(run, ready);
	for (const job of again) {
		await job.helper?.release();
		start(run, job, changed);
	}
}

async function commit({store, onProgress}: Run, ready: readonly Job[]): Promise<void> {
	await commitLayers(
		store,
		ready.map(({layer, info}) => ({layer, info: info ?? {size: 0, opaque: false, root: true}})),
	);
	await Promise.all(ready.map(async ({helper}) => helper?.release()));
	for (const job of ready) enter(job, 'done', onProgress);
}

function enter(job: Job, state: LayerState, onProgress: (progress: LayerProgress) => void, current = job.layer.size): void {
	job.state = state;
	job.current = current;
	onProgress({layer: job.layer, state, current, total: job.layer.size});
}

/** Synchronous up to the job's being at work: the caller counts those. */
function start(run: Run, job: Job, changed: () => void): void {
	const {store, onProgress} = run;
	if (hasLayer(store.root, job.layer.chainId)) {
		enter(job, 'exists', onProgress);
		return;
	}
	enter(job, 'extracting', onProgress, 0);
	unpackOrAgain(run, job, changed)
		.catch(error => (job.failure = layerFailure(job.layer, error)))
		.finally(changed);
}

/**
 * What an earlier try left may be wrong: bytes of another layer, from whoever sent them. The helper has thrown them away by then, and all of it
 * is fetched anew, once, so that a lie of yesterday does not fail the honest pull of today.
 */
async function unpackOrAgain(run: Run, job: Job, changed: () => void): Promise<void> {
	try {
		await unpackOne(run, job, changed);
	} catch (error) {
		if (job.resumed !== true || run.abort.signal.aborted || !isWrong(layerFailure(job.layer, error))) throw error;
		await job.helper?.kill();
		await unpackOne(run, job, changed);
	}
}

const isWrong = ({code}: EngineError): boolean => code === 'layer.invalid' || code === 'blob.wrong-digest' || code === 'layer.wrong-diff-id';

async function unpackOne(run: Run, job: Job, changed: () => void): Promise<void> {
	const {store, onProgress} = run;
	let fetching: Promise<void> | undefined;
	const helper = startUnpack(store, job.layer, job.through, news => {
		if (news.kind === 'have') {
			fetching = supply(run, job, news.count);
			fetching.catch(() => {});
		} else follow(run, job, news);
		if (news.kind !== 'bytes') changed();
	});
	job.helper = helper;
	const result = await helper.result.catch(async error => {
		// The helper only saw the bytes end: why, the one who fetched them knows.
		if (messageOf(error).startsWith('the blob ended after')) await fetching;
		throw error;
	});
	await fetching;
	if (result.get('exists') === 'yes') {
		await helper.release();
		enter(job, 'exists', onProgress);
		return;
	}
	job.info = {size: Number(result.get('file-bytes')), opaque: result.get('opaque') === 'yes', root: result.get('root') === 'yes'};
	enter(job, 'ready', onProgress);
}

function follow({onProgress}: Run, job: Job, news: HelperNews): void {
	if (news.kind === 'waiting') enter(job, 'waiting', onProgress, job.current);
	else if (isAtWork(job)) enter(job, job.state, onProgress, news.count);
}

/** The helper has `have` bytes and wants the others. Bytes come from the network when any are missing. */
function supply({fetch, onProgress, abort}: Run, job: Job, have: number): Promise<void> {
	const missing = have < job.layer.size;
	job.resumed = have > 0;
	enter(job, missing ? 'downloading' : 'extracting', onProgress, have);
	const {helper} = job;
	if (helper === undefined) throw new EngineError({code: 'layer.invalid', message: 'the helper spoke before it was started'});
	if (missing) return feed(helper.input, job.layer, have, fetch, abort.signal);
	helper.input.end();
	return Promise.resolve();
}
