import {makeFolders, syncFolder} from '../content/durable.ts';
import {blobFolder, hasBlob, ingestFolder} from '../content/path.ts';
import {algorithmOf} from '../oci/digest.ts';
import {publishBlob, syncStore} from './commit.ts';
import {layerFailure} from './failure.ts';
import {feed} from './feed.ts';
import {startIngest} from './helper.ts';
import type {FetchBlob, LayerStore, WantedLayer} from './model.ts';

/** Brings a large blob into the store without unpacking it: locked, resumed, checked, durable. A second asker waits for the first. */
export async function ingestBlob(store: LayerStore, blob: WantedLayer, fetch: FetchBlob, signal: AbortSignal): Promise<void> {
	const {root} = store;
	if (hasBlob(root, blob.digest)) return;
	const folder = blobFolder(root, algorithmOf(blob.digest));
	makeFolders(folder, ingestFolder(root));
	let fetching: Promise<void> = Promise.resolve();
	const helper = startIngest(store, blob, ({kind, ...news}) => {
		if (kind !== 'have' || !('count' in news)) return;
		if (news.count === blob.size) helper.input.end();
		else fetching = feed(helper.input, blob, news.count, fetch, signal);
		fetching.catch(() => {});
	});
	try {
		await Promise.all([helper.result, helper.result.then(() => fetching)]);
		await syncStore(store);
		publishBlob(root, blob.digest);
		syncFolder(folder);
	} catch (error) {
		throw layerFailure(
			blob,
			await fetching.then(
				() => error,
				cause => cause,
			),
		);
	} finally {
		await helper.kill();
	}
}
