import test from 'ava';
import {alarmsOf} from '../../../source/console/store/alarms.ts';
import type {EngineEvent} from '../../../source/console/store/engine-port.ts';

const event = (Action: string, time: number, exitCode?: string): EngineEvent => ({
	Type: 'container',
	Action,
	Actor: {ID: 'a'.repeat(64), Attributes: {name: 'web', ...(exitCode !== undefined && {exitCode})}},
	scope: 'local',
	time,
	timeNano: time * 1e9,
});

test('memory and health are told, ordinary ends are not', t => {
	t.deepEqual(alarmsOf([event('oom', 1), event('die', 1, '137')], []), ['web ran out of memory']);
	t.deepEqual(alarmsOf([event('health_status: unhealthy', 1)], []), ['web is unhealthy']);
	t.deepEqual(alarmsOf([event('health_status: healthy', 1), event('stop', 1), event('die', 1, '0')], []), []);
});

test('the third end within two minutes is a loop, an end long after is none', t => {
	const before = [event('die', 150, '1'), event('die', 100, '1')];
	t.regex(alarmsOf([event('die', 200, '1')], before)[0] ?? '', /web keeps ending: 3 times/);
	t.deepEqual(alarmsOf([event('die', 2000, '1')], before), []);
});
