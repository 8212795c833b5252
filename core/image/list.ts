import {EngineError} from '../errors/error.ts';
import type {Digest} from '../oci/digest.ts';
import {familiarString, parseReference, type Reference} from '../reference/reference.ts';
import {findImageId} from './find.ts';
import {parseUntil} from './until.ts';
import type {ImageSummary} from './model.ts';
import {familiarRepository} from './record.ts';
import type {Database, ImageStore} from './store.ts';

export type ListOptions = {
	/** Kept for Docker's sake: there are no intermediate images here. */
	readonly all?: boolean;
	readonly filters?: ReadonlyMap<string, readonly string[]>;
};

const none = '<none>';
const knownFilters: ReadonlySet<string> = new Set(['dangling', 'label', 'before', 'since', 'reference', 'until']);

/** A line per tag, and one for an image without any; newest first. Four queries, however many images there are. */
export function listImages({db}: Pick<ImageStore, 'db'>, {filters = new Map()}: ListOptions = {}): ImageSummary[] {
	const unknown = [...filters.keys()].find(key => !knownFilters.has(key));
	if (unknown !== undefined) throw new EngineError({code: 'filter.invalid', subject: unknown, message: `invalid filter '${unknown}'`});
	return db.prepare('SELECT id, created_at, os, architecture, size, labels FROM images ORDER BY created_at DESC, id').all().flatMap(linesOf(db)).filter(makeFilter(db, filters));
}

type Row = ReturnType<ReturnType<Database['prepare']>['all']>[number];

function linesOf(db: Database): (row: Row) => ImageSummary[] {
	const tags = Map.groupBy(db.prepare('SELECT image_id, repository, tag FROM image_tags ORDER BY repository, tag').all(), row => row['image_id']);
	const digests = Map.groupBy(db.prepare('SELECT image_id, repository, digest FROM image_digests').all(), row => row['image_id']);
	const users = new Map(
		db
			.prepare('SELECT image_id, count(*) AS count FROM containers GROUP BY image_id')
			.all()
			.map(row => [row['image_id'], Number(row['count'])]),
	);
	return row => {
		const id = row['id'] ?? null;
		const common = {
			id: String(id) as Digest,
			createdAt: String(row['created_at']),
			size: Number(row['size']),
			containers: users.get(id) ?? 0,
			labels: JSON.parse(String(row['labels'])) as Record<string, string>,
			architecture: String(row['architecture']),
			os: String(row['os']),
		};
		const withDigest = (repository: string, tag: string): ImageSummary => {
			const digest = digests.get(id)?.find(item => item['repository'] === repository)?.['digest'];
			return {...common, repository: familiarRepository(repository), tag, ...(digest !== undefined && {digest: digest as Digest})};
		};
		const own = tags.get(id);
		if (own) return own.map(({repository, tag}) => withDigest(String(repository), String(tag))).sort(byName);
		// Pulled by digest: it has a repository but no tag.
		const repository = digests.get(id)?.[0]?.['repository'];
		return repository === undefined ? [{...common, repository: none, tag: none}] : [withDigest(String(repository), none)];
	};
}

const byName = (one: ImageSummary, other: ImageSummary): number => (`${one.repository}:${one.tag}` < `${other.repository}:${other.tag}` ? -1 : 1);

function makeFilter(db: Database, filters: ReadonlyMap<string, readonly string[]>): (image: ImageSummary) => boolean {
	const createdAt = (ref: string) => String(db.prepare('SELECT created_at FROM images WHERE id = ?').get(findImageId(db, ref))?.['created_at']);
	const before = filters.get('before')?.map(createdAt);
	const since = filters.get('since')?.map(createdAt);
	const dangling = filters.get('dangling')?.map(parseBoolean);
	const references = filters.get('reference');
	const until = filters.get('until')?.map(parseUntil);
	return image =>
		(before?.every(time => image.createdAt < time) ?? true) &&
		(since?.every(time => image.createdAt > time) ?? true) &&
		(until?.every(time => Date.parse(image.createdAt) < time) ?? true) &&
		(dangling?.includes(image.tag === none) ?? true) &&
		(filters.get('label')?.every(label => hasLabel(image.labels, label)) ?? true) &&
		(references?.some(pattern => matchesReference(image, pattern)) ?? true);
}

function parseBoolean(text: string): boolean {
	if (/^(1|t|true)$/i.test(text)) return true;
	if (/^(0|f|false)$/i.test(text)) return false;
	throw new EngineError({code: 'filter.invalid', subject: text, message: `invalid filter 'dangling=${text}'`});
}

export function hasLabel(labels: Readonly<Record<string, string>>, wanted: string): boolean {
	const equals = wanted.indexOf('=');
	if (equals === -1) return Object.hasOwn(labels, wanted);
	const key = wanted.slice(0, equals);
	return Object.hasOwn(labels, key) && labels[key] === wanted.slice(equals + 1);
}

/** Docker's: a pattern of path.Match against the name, with the tag where the pattern has one. */
function matchesReference({repository, tag}: ImageSummary, pattern: string): boolean {
	if (repository === none) return false;
	const form = globForm(pattern);
	return form.test(repository) || form.test(`${repository}:${tag}`) || form.test(fullName(repository)) || form.test(`${fullName(repository)}:${tag}`);
}

function fullName(repository: string): string {
	const reference: Reference = parseReference(repository);
	return familiarString(reference) === `${reference.domain}/${reference.path}` ? repository : `${reference.domain}/${reference.path}`;
}

/** `*` and `?` stop at a slash; brackets are a class. */
function globForm(pattern: string): RegExp {
	const body = pattern.replace(/\[(\^?)([^\]]*)\]|\*|\?|[.+^${}()|\\/[\]]/g, (found, negation: string | undefined, set: string | undefined) => {
		if (set !== undefined) return `[${negation ?? ''}${set.replace(/[\\[]/g, String.raw`\$&`)}]`;
		return found === '*' ? '[^/]*' : found === '?' ? '[^/]' : `\\${found}`;
	});
	try {
		return new RegExp(`^${body}$`);
	} catch (error) {
		throw new EngineError({code: 'filter.invalid', subject: pattern, message: `invalid filter 'reference=${pattern}'`, cause: error});
	}
}
