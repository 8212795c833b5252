import test from 'ava';
import {createFilter} from '../../../source/console/store/filter.ts';
import {containerFields} from '../../../source/console/store/select.ts';
import {sampleContainers} from '../../frames/sample.ts';

const match = (filter: string): readonly string[] => sampleContainers.filter(container => createFilter(filter)(containerFields(container))).map(({name}) => name);

test('createFilter() finds parts of names and images', t => {
	t.deepEqual(match('log'), ['logger']);
	t.deepEqual(match('NGINX'), ['web']);
	t.deepEqual(
		match(''),
		sampleContainers.map(({name}) => name),
	);
});

test('createFilter() knows !, ~, labels and fields, and wants every word', t => {
	t.deepEqual(match('!busybox !redis'), ['web', 'worker']);
	t.deepEqual(match('~lgr'), ['logger']);
	t.deepEqual(match('label:tier=back'), ['logger', 'job']);
	t.deepEqual(match('label:tier !label:tier=back'), ['web']);
	t.deepEqual(match('state:exited'), ['migrate', 'worker']);
	t.deepEqual(match('state:running job'), ['job']);
	t.deepEqual(match('nothing'), []);
});
