import type {Digest} from '../oci/digest.ts';
import type {HistoryEntry} from '../oci/config.ts';
import {findImageFor, notFound} from './find.ts';
import {configOf, imageRow, repoTagsOf} from './record.ts';
import type {Database, ImageStore} from './store.ts';

/** A line of `history`, in Docker's shape. */
export type HistoryLine = {
	readonly Id: string;
	/** Unix seconds; 0 when the image does not say. */
	readonly Created: number;
	readonly CreatedBy: string;
	readonly Tags: readonly string[] | null;
	readonly Size: number;
	readonly Comment: string;
};

/** How the image came to be, the newest step first. */
export function imageHistory({db}: Pick<ImageStore, 'db'>, ref: string, platforms: readonly string[] = []): HistoryLine[] {
	const id = findImageFor(db, ref, platforms);
	const row = imageRow(db, id);
	if (!row) throw notFound(ref);
	const {history} = configOf(row);
	const sizes = layerSizes(db, id);
	const steps = history.filter(({emptyLayer}) => !emptyLayer).length === sizes.length ? history : sizes.map(() => ({emptyLayer: false}));
	const lines = steps.map((step: HistoryEntry) => toLine(step, step.emptyLayer ? 0 : (sizes.shift() ?? 0))).toReversed();
	const tags = repoTagsOf(db, id);
	return lines.map((line, index) => (index === 0 ? {...line, Id: id, Tags: tags.length > 0 ? tags : null} : line));
}

const layerSizes = (db: Database, id: Digest): number[] =>
	db
		.prepare('SELECT size FROM image_layers JOIN layers USING (chain_id) WHERE image_id = ? ORDER BY position')
		.all(id)
		.map(row => Number(row['size']));

const toLine = (step: HistoryEntry, size: number): HistoryLine => ({
	Id: '<missing>',
	Created: step.created === undefined ? 0 : Math.floor(Date.parse(step.created) / 1000),
	CreatedBy: step.createdBy ?? '',
	Tags: null,
	Size: size,
	Comment: step.comment ?? '',
});
