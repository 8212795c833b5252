import {Writable} from 'node:stream';
import {render} from 'ink';
import {App} from '../../source/console/app.tsx';
import {CanvasContext, createCanvas} from '../../source/console/canvas.ts';
import type {State} from '../../source/console/store/state.ts';
import {createStore} from '../../source/console/store/store.ts';
import type {Capabilities} from '../../source/terminal/capabilities.ts';
import {type Frame, frameText} from '../../source/terminal/frame.ts';
import {stripColors} from '../../source/terminal/width.ts';

export const plain: Capabilities = {colors: 0, unicode: true, background: 'dark'};

/** The screen as one string, colours and all: by the way that the console draws. */
export function drawColored(state: State, capabilities: Capabilities): string {
	const {columns, rows} = state.size;
	const stdout = Object.assign(new Writable({write: (_chunk, _encoding, done) => done()}), {isTTY: true, columns, rows}) as unknown as NodeJS.WriteStream;
	let last: Frame = [];
	const app = render(
		<CanvasContext value={createCanvas()}>
			<App store={createStore(state)} capabilities={capabilities} onFrame={frame => (last = frame)} />
		</CanvasContext>,
		{stdout, debug: true, exitOnCtrlC: false, patchConsole: false, interactive: false},
	);
	app.unmount();
	return frameText(last, columns);
}

/** The screen as text: its rows without colours. */
export const drawScreen = (state: State, capabilities: Capabilities = plain): string => stripColors(drawColored(state, capabilities));
