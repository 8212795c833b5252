import {EngineError} from '../errors/error.ts';
import {recordEvent} from '../events/journal.ts';
import type {Digest} from '../oci/digest.ts';
import {makeRoom} from '../platform/reserve.ts';
import {transaction} from '../state/database.ts';
import {collectGarbage} from './collect.ts';
import {hasLabel} from './list.ts';
import {parseUntil} from './until.ts';
import {repoDigestsOf, repoTagsOf} from './record.ts';
import type {Removed} from './remove.ts';
import type {ImageStore} from './store.ts';

export type PruneOptions = {
	/** Every image that no container uses, not only those without a tag. */
	readonly all?: boolean;
	readonly filters?: ReadonlyMap<string, readonly string[]>;
};
export type Pruned = {readonly removed: readonly Removed[]; readonly spaceReclaimed: number};

/** Removes images that nobody uses, and what no image needs. */
export async function pruneImages(store: ImageStore, {all = false, filters = new Map()}: PruneOptions = {}): Promise<Pruned> {
	const {db} = store;
	const matches = makeFilter(filters);
	makeRoom(store.root);
	const takesTagged = all || filters.get('dangling')?.some(value => /^(0|f|false)$/i.test(value)) === true;
	const forgotten = transaction(db, () => {
		const unused = db.prepare('SELECT id, labels, created_at FROM images WHERE id NOT IN (SELECT image_id FROM containers)').all();
		const chosen = unused.filter(matches).map(row => {
			const id = String(row['id']) as Digest;
			return {id, tags: repoTagsOf(db, id), digests: repoDigestsOf(db, id)};
		});
		const going = chosen.filter(({tags}) => takesTagged || tags.length === 0);
		for (const {id} of going) db.prepare('DELETE FROM images WHERE id = ?').run(id);
		return going;
	});
	const {layers, bytes} = await collectGarbage(store, {parts: true});
	for (const {id} of forgotten) recordEvent(store, {type: 'image', action: 'delete', id, attributes: {name: id}});
	const images = forgotten.flatMap(({id, tags, digests}) => [...[...tags, ...digests].map(name => ({Untagged: name})), {Deleted: id}]);
	return {removed: [...images, ...layers.map(layer => ({Deleted: layer}))], spaceReclaimed: bytes};
}

function makeFilter(filters: ReadonlyMap<string, readonly string[]>): (row: Readonly<Record<string, unknown>>) => boolean {
	for (const key of filters.keys()) {
		if (!['label', 'label!', 'until', 'dangling'].includes(key)) throw new EngineError({code: 'filter.invalid', subject: key, message: `invalid filter '${key}'`});
	}
	const until = filters.get('until')?.map(parseUntil);
	return row => {
		const labels = JSON.parse(String(row['labels'])) as Record<string, string>;
		return (
			(filters.get('label')?.every(label => hasLabel(labels, label)) ?? true) &&
			!(filters.get('label!')?.some(label => hasLabel(labels, label)) ?? false) &&
			(until?.every(time => Date.parse(String(row['created_at'])) < time) ?? true)
		);
	};
}
