import {tagImage} from '../../core/index.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: 'SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]',
	description: 'Give an image another name',
	args: [2, 2],
	flags: [],
	run({args: [source = '', target = ''], engine}) {
		tagImage(engine(), source, target);
		return 0;
	},
};
