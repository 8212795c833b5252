import type {EngineEvent} from './engine-port.ts';

const loopSeconds = 120;
const loopEnds = 3;

const nameOf = ({Actor}: EngineEvent): string => Actor.Attributes['name'] ?? Actor.ID.slice(0, 12);

/** An end that came on its own, soon after others: not every one of a loop is told, but each third. */
function isLoop(event: EngineEvent, before: readonly EngineEvent[]): boolean {
	if (event.Action !== 'die' || event.Actor.Attributes['exitCode'] === '0') return false;
	const ends = before.filter(({Action, Actor, time}) => Action === 'die' && Actor.ID === event.Actor.ID && time > event.time - loopSeconds);
	return ends.length >= loopEnds - 1 && (ends.length + 1) % loopEnds === 0;
}

/** What somebody should look up for: sentences for the new events, in the light of those before. */
export function alarmsOf(events: readonly EngineEvent[], before: readonly EngineEvent[]): string[] {
	return events.flatMap(event => {
		if (event.Type !== 'container') return [];
		if (event.Action === 'oom') return [`${nameOf(event)} ran out of memory`];
		if (event.Action === 'health_status: unhealthy') return [`${nameOf(event)} is unhealthy`];
		return isLoop(event, before) ? [`${nameOf(event)} keeps ending: ${loopEnds} times within ${loopSeconds / 60} minutes; v says why`] : [];
	});
}
