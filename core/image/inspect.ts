import type {Digest} from '../oci/digest.ts';
import type {RunConfig} from '../oci/config.ts';
import {chainIds} from '../layer/chain.ts';
import {layerTree} from '../layer/path.ts';
import {type DriverName, isStacked, shownName} from '../snapshot/model.ts';
import {findImageFor, notFound} from './find.ts';
import {configOf, imageRow, repoDigestsOf, repoTagsOf} from './record.ts';
import type {ImageStore} from './store.ts';

/** In Docker's shape. */
export function inspectImage(
	{db, root, storageDriver}: Pick<ImageStore, 'db' | 'root'> & {readonly storageDriver: DriverName},
	ref: string,
	platforms: readonly string[] = [],
): Record<string, unknown> {
	const id = findImageFor(db, ref, platforms);
	const row = imageRow(db, id);
	if (!row) throw notFound(ref);
	const {platform, created, author, config, diffIds, history} = configOf(row);
	return {
		Id: id,
		RepoTags: repoTagsOf(db, id),
		RepoDigests: repoDigestsOf(db, id),
		Parent: '',
		Comment: history.at(-1)?.comment ?? '',
		Created: created ?? '',
		DockerVersion: '',
		Author: author ?? '',
		Config: toDockerConfig(config),
		Architecture: platform.architecture,
		...(platform.variant !== undefined && {Variant: platform.variant}),
		Os: platform.os,
		Size: Number(row['size']),
		GraphDriver: {Name: shownName(storageDriver), Data: isStacked(storageDriver) ? layerFolders(root, diffIds) : null},
		RootFS: {Type: 'layers', Layers: diffIds},
		Metadata: {LastTagTime: lastTagTime(db, id)},
	};
}

/** In the order of their names; the first eight are always there, and null when the image says nothing. */
function toDockerConfig(config: RunConfig): Record<string, unknown> {
	const {Cmd = null, Entrypoint = null, Env = [], Labels = null, OnBuild = null, User = '', Volumes = null, WorkingDir = '', ...more} = config;
	const all = {Cmd, Entrypoint, Env, Labels, OnBuild, User, Volumes, WorkingDir, ...more};
	return Object.fromEntries(Object.entries(all).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Topmost first, as overlay takes them. */
function layerFolders(root: string, diffIds: readonly Digest[]): Record<string, string> {
	const folders = chainIds(diffIds)
		.map(chainId => layerTree(root, chainId))
		.toReversed();
	const [upper, ...lower] = folders;
	return {...(lower.length > 0 && {LowerDir: lower.join(':')}), ...(upper !== undefined && {UpperDir: upper})};
}

const lastTagTime = (db: ImageStore['db'], id: Digest): string =>
	String(db.prepare('SELECT max(tagged_at) AS time FROM image_tags WHERE image_id = ?').get(id)?.['time'] ?? '0001-01-01T00:00:00Z');
