import {type Referrer, remoteReferrers, remoteTags} from '../../core/index.ts';
import {formatFlag} from '../cli/common-flags.ts';
import {type Listing, renderList} from '../cli/format.ts';
import {print} from '../cli/output.ts';
import {humanSize} from '../cli/units.ts';
import type {Verb} from '../cli/verb.ts';

export const tags: Verb = {
	usage: 'REPOSITORY',
	description: 'List the tags that a repository has at its registry',
	args: [1, 1],
	flags: [],
	async run({args: [name = '']}) {
		print((await remoteTags(name)).map(tag => `${tag}\n`).join(''));
		return 0;
	},
};

export const referrers: Verb = {
	usage: '[OPTIONS] NAME[:TAG|@DIGEST]',
	description: 'List what refers to an image at its registry: signatures, SBOMs and the like',
	args: [1, 1],
	flags: [{name: 'artifact-type', kind: 'string', help: 'Only of this type, e.g. application/spdx+json'}, formatFlag],
	async run({flags, args: [name = '']}) {
		const found = await remoteReferrers(name, {...(flags.given('artifact-type') && {artifactType: flags.text('artifact-type')})});
		print(await renderList(listing, found, flags.text('format')));
		return 0;
	},
};

const listing: Listing<Referrer> = {
	subject: 'referrer',
	table: ['ArtifactType', 'Digest', 'Size'],
	columns: {
		Annotations: {header: 'ANNOTATIONS', value: ({annotations}) => annotations ?? {}},
		ArtifactType: {header: 'ARTIFACT TYPE', value: ({artifactType, mediaType}) => artifactType ?? mediaType},
		Digest: {header: 'DIGEST', value: ({digest}) => digest},
		MediaType: {header: 'MEDIA TYPE', value: ({mediaType}) => mediaType},
		Size: {header: 'SIZE', value: ({size}) => humanSize(size)},
	},
};
