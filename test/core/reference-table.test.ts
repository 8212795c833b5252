/** Rows of the reference grammar's own tables, when `HAWSER_CASES` names the folder that holds them: they are not ours to keep. */
import {existsSync, readFileSync} from 'node:fs';
import test from 'ava';
import {canonicalString, familiarName, parseReference, withDefaultTag, type Reference} from '../../core/reference/reference.ts';

type Row = Readonly<Record<string, string>>;
type Tables = Readonly<Record<string, readonly unknown[]>>;

const file = `${process.env['HAWSER_CASES'] ?? ''}/reference.json`;
const tables = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Tables) : {};
const rows = (name: string) => (tables[`reference/normalize_test.go:${name}`] ?? []) as readonly Row[];
const texts = (name: string) => (tables[`reference/normalize_test.go:${name}`] ?? []) as readonly string[];
const given = Object.keys(tables).length > 0 ? test : test.skip;

const tryParse = (text: string): Reference | undefined => {
	try {
		return parseReference(text);
	} catch {
		return undefined;
	}
};

given('hosts and paths part as in the tables', t => {
	for (const {input = '', domain, path} of rows('TestNormalizedSplitHostname#0')) t.like(tryParse(input), {domain, path}, input);
	for (const {AmbiguousName, Domain, FamiliarName, FullName, RemoteName} of rows('TestParseRepositoryInfo#0')) {
		for (const name of [AmbiguousName, FamiliarName, FullName]) {
			if (name === undefined || name === '') continue;
			const parsed = tryParse(name);
			t.like(parsed, {domain: Domain, path: RemoteName}, name);
			if (parsed) t.is(familiarName(parsed), FamiliarName ?? '', name);
		}
	}
});

given('names are normalised as in the tables', t => {
	for (const {Reference: text = '', Equivalent} of rows('TestParseAnyReference#0')) {
		// A bare id is found by findImage(), not by the name.
		if (/^sha256:|^[a-f0-9]{64}$/.test(text)) continue;
		const parsed = tryParse(text);
		t.is(parsed && canonicalString(parsed), Equivalent, text);
	}
	for (const {input = '', expected = ''} of rows('TestParseDockerRef#0')) {
		const parsed = tryParse(input);
		// A digest says all: pull and push leave the tag beside it out.
		const {tag, digest, ...repository} = withDefaultTag(parsed ?? {domain: '', path: ''});
		t.is(canonicalString(digest ? {...repository, digest} : {...repository, ...(tag !== undefined && {tag})}), expected, input);
	}
});

given('what the tables call valid is, and nothing that they call invalid', t => {
	for (const name of [...texts('TestValidateReferenceName#0'), ...texts('TestValidateRemoteName#0')]) t.truthy(tryParse(name), name);
	for (const name of [...texts('TestValidateReferenceName#1'), ...texts('TestValidateRemoteName#1')]) t.is(tryParse(name), undefined, name);
});

given('tags and digests are read as in the tables', t => {
	for (const {input = '', err, tag, digest} of (tables['reference/reference_test.go:TestReferenceParse#0'] ?? []) as Row[]) {
		// Of the algorithms there they only knew sha256.
		if (input.includes('@sha512:')) continue;
		const parsed = tryParse(input);
		if (err !== undefined) t.is(parsed, undefined, input);
		else t.deepEqual([parsed?.tag, parsed?.digest as string | undefined], [tag, digest], input);
	}
	for (const {input = '', match} of (tables['reference/regexp_test.go:TestReferenceRegexp#0'] ?? []) as Array<{input?: string; match: boolean}>)
		t.is(tryParse(input) !== undefined, match, input);
});
