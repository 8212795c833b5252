import type {Digest} from '../oci/digest.ts';
import type {RunConfig} from '../oci/config.ts';
import {chainIds} from '../layer/chain.ts';
import {layerTree} from '../layer/path.ts';
import {findImageId, notFound} from './find.ts';
import {configOf, imageRow, repoDigestsOf, repoTagsOf} from './record.ts';
import type {ImageStore} from './store.ts';

/** In Docker's shape. */
export function inspectImage({db, root}: Pick<ImageStore, 'db' | 'root'>, ref: string): Record<string, unknown> {
	const id = findImageId(db, ref);
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
		VirtualSize: Number(row['size']),
		GraphDriver: {Name: 'overlay2', Data: layerFolders(root, diffIds)},
		RootFS: {Type: 'layers', Layers: diffIds},
		Metadata: {LastTagTime: lastTagTime(db, id)},
	};
}

function toDockerConfig(config: RunConfig): Record<string, unknown> {
	return {
		Hostname: '',
		Domainname: '',
		User: config.User ?? '',
		AttachStdin: false,
		AttachStdout: false,
		AttachStderr: false,
		...(config.ExposedPorts && {ExposedPorts: config.ExposedPorts}),
		Tty: false,
		OpenStdin: false,
		StdinOnce: false,
		Env: config.Env ?? [],
		Cmd: config.Cmd ?? null,
		...(config.Healthcheck && {Healthcheck: config.Healthcheck}),
		Image: '',
		Volumes: config.Volumes ?? null,
		WorkingDir: config.WorkingDir ?? '',
		Entrypoint: config.Entrypoint ?? null,
		OnBuild: config.OnBuild ?? null,
		Labels: config.Labels ?? null,
		...(config.StopSignal !== undefined && {StopSignal: config.StopSignal}),
		...(config.Shell && {Shell: config.Shell}),
	};
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
