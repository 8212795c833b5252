import type {ImageStore} from './store.ts';

/** What images take up: all layers once, and of each image what it has in common with others. */
export type ImageUsage = {readonly total: number; readonly shared: ReadonlyMap<string, number>};

export function imageUsage({db}: Pick<ImageStore, 'db'>): ImageUsage {
	const total = Number(db.prepare('SELECT coalesce(sum(size), 0) AS total FROM layers WHERE chain_id IN (SELECT chain_id FROM image_layers)').get()?.['total'] ?? 0);
	const rows = db
		.prepare(
			`SELECT image_id, sum(size) AS shared FROM image_layers JOIN layers USING (chain_id)
			WHERE chain_id IN (SELECT chain_id FROM image_layers GROUP BY chain_id HAVING count(DISTINCT image_id) > 1) GROUP BY image_id`,
		)
		.all();
	return {total, shared: new Map(rows.map(row => [String(row['image_id']), Number(row['shared'])]))};
}
