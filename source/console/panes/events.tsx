import {memo} from 'react';
import {sanitizeLine} from '../../terminal/sanitize.ts';
import {fit, truncate} from '../../terminal/width.ts';
import {formatClock} from '../format.ts';
import type {EngineEvent} from '../store/engine-port.ts';
import type {Rect} from '../store/layout.ts';
import type {Role, Theme} from '../theme/theme.ts';
import {centered, drawFrame} from '../widgets/frame.ts';
import {Lines} from '../widgets/lines.tsx';

const roles: Readonly<Record<string, Role>> = {
	start: 'good',
	die: 'warn',
	oom: 'bad',
	kill: 'warn',
	destroy: 'bad',
	stop: 'warn',
	pause: 'busy',
	unpause: 'good',
	create: 'cpu',
	pull: 'cpu',
	delete: 'bad',
};

function drawEvent(theme: Theme, {time, Type, Action, Actor}: EngineEvent, width: number): string {
	const {name = Actor.ID.slice(0, 12), image = '', exitCode} = Actor.Attributes;
	const action = sanitizeLine(Action.split(':')[0] ?? '');
	const rest = Math.max(1, width - 57);
	const words = [exitCode === undefined ? '' : `exit ${sanitizeLine(exitCode)}`, Type === 'image' ? '' : sanitizeLine(image)].filter(word => word !== '').join('  ');
	return [
		theme.paint('faint', formatClock(time * 1000)),
		theme.paint('muted', fit(sanitizeLine(Type), 9)),
		theme.paint(roles[action] ?? 'text', fit(action, 12)),
		theme.paint('strong', fit(sanitizeLine(name), 22)),
		theme.paint('muted', truncate(words, rest)),
	].join('  ');
}

export type EventsProps = {readonly theme: Theme; readonly rect: Rect; readonly events: readonly EngineEvent[]; readonly top: number};

export const EventsView = memo(({theme, rect, events, top}: EventsProps) => {
	const [width, height] = [rect.width - 2, rect.height - 2];
	const spec = {
		...rect,
		title: 'Events',
		right: theme.paint('faint', 'newest first'),
		footer: events.length === 0 ? '' : theme.paint('faint', `${events.length} since yesterday`),
		focused: true,
	};
	const lines =
		events.length === 0 ? centered(theme, width, height, ['Nothing has happened yet']) : events.slice(top, top + height).map(event => ` ${drawEvent(theme, event, width - 2)}`);
	return <Lines lines={drawFrame(theme, spec, lines)} />;
});
