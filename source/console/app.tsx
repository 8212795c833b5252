import {useContext, useLayoutEffect, useMemo, useRef, useSyncExternalStore} from 'react';
import {Box, type DOMElement} from 'ink';
import type {Capabilities} from '../terminal/capabilities.ts';
import {Lines} from './widgets/lines.tsx';
import type {Frame} from '../terminal/frame.ts';
import {CanvasContext} from './canvas.ts';
import {paletteEntries} from './keys/palette.ts';
import {hintsFor, scopeOf} from './keys/table.ts';
import {Confirm} from './overlays/confirm.tsx';
import {Form} from './overlays/form.tsx';
import {Help} from './overlays/help.tsx';
import {Menu} from './overlays/menu.tsx';
import {Palette} from './overlays/palette.tsx';
import {Prompt} from './overlays/prompt.tsx';
import {Boundary} from './panes/boundary.tsx';
import {ContainersPane} from './panes/containers.tsx';
import {ImagesPane} from './panes/images.tsx';
import {KeyLine} from './panes/key-line.tsx';
import {LogsPane} from './panes/logs.tsx';
import {PageTabs} from './panes/page-tabs.tsx';
import {SheetView} from './panes/sheet.tsx';
import {ShellPane} from './panes/shell.tsx';
import {StatsPane} from './panes/stats.tsx';
import {StatusLine} from './panes/status-line.tsx';
import {Tabs} from './panes/tabs.tsx';
import {progressSentence} from './panes/task-words.ts';
import {TextView} from './panes/text.tsx';
import {marksOf, type TimeMark} from './panes/time-marks.ts';
import {TooSmall} from './panes/too-small.tsx';
import type {HistorySample} from './store/engine-port.ts';
import {limitFrames} from './store/frames.ts';
import {layoutOf, paneOrder, type Rect} from './store/layout.ts';
import {emptyLog} from './store/log-buffer.ts';
import {isLive, selectedContainer, selectedRow, visibleContainers, visibleImages, visibleRows} from './store/select.ts';
import type {PaneId, State} from './store/state.ts';
import type {Store} from './store/store.ts';
import {tabs} from './tabs/table.ts';
import {createTheme, type Theme} from './theme/theme.ts';

type Part = {readonly state: State; readonly theme: Theme};
type PanePart = Part & {readonly rect: Rect; readonly pane: PaneId};

const noHistory: readonly HistorySample[] = [];
const noLog = emptyLog();

/** The log that is open may still be that of the row before. */
const logOf = ({log}: State, container: {readonly id: string} | undefined) => (container && log.ids.includes(container.id) ? log : noLog);
const hour = 3_600_000;

/** The time of the log line that is looked at, where the log stands still. */
function lookedAt({log, logLook}: State): string | undefined {
	const line = logLook.match ?? logLook.top;
	return line === undefined ? undefined : log.entries[line - log.first]?.time;
}

const noMarks: readonly TimeMark[] = [];
let marksFor: {readonly inputs: readonly unknown[]; readonly marks: readonly TimeMark[]} | undefined;

/** The same while nothing happened: the charts are not drawn again for it. */
function statMarks(state: State, id: string | undefined): readonly TimeMark[] {
	if (id === undefined) return noMarks;
	const time = lookedAt(state);
	const inputs = [id, state.events, state.history, time];
	if (marksFor === undefined || inputs.some((input, index) => input !== marksFor?.inputs[index]))
		marksFor = {inputs, marks: marksOf(id, state.events, state.history?.id === id ? state.history.samples : noHistory, time)};
	return marksFor.marks;
}

function StatsOf({state, theme, rect, focused}: Part & {readonly rect: Rect; readonly focused: boolean}) {
	const container = selectedContainer(state);
	return (
		<StatsPane
			{...{theme, rect, focused, container}}
			live={container && state.stats.get(container.id)}
			counters={state.counters?.id === container?.id ? state.counters?.sample : undefined}
			task={container && state.tasks.get(container.id)}
			history={state.history?.id === container?.id ? (state.history?.samples ?? noHistory) : noHistory}
			minutes={state.window}
			frozen={state.frozen}
			full={state.view === 'stats'}
			marks={statMarks(state, container?.id)}
			now={state.now}
		/>
	);
}

function Pane({state, theme, rect, pane}: PanePart) {
	const focused = state.focus === pane && state.overlay === undefined;
	const container = selectedContainer(state);
	switch (pane) {
		case 'containers':
			return (
				<ContainersPane
					{...{theme, rect, focused}}
					loaded={state.loaded}
					containers={visibleContainers(state)}
					total={state.containers.length}
					showStopped={state.showStopped}
					list={state.lists.containers}
					hidden={state.hiddenColumns}
					settings={state.settings}
					host={state.host?.sample.cpus ?? 1}
					stats={state.stats}
					tasks={state.tasks}
					now={state.now}
				/>
			);
		case 'images':
			return (
				<ImagesPane
					{...{theme, rect, focused}}
					loaded={state.loaded}
					images={visibleImages(state)}
					total={state.images.length}
					list={state.lists.images}
					now={Math.ceil(state.now / hour) * hour}
				/>
			);
		case 'stats':
			return <StatsOf {...{state, theme, rect, focused}} />;
		case 'logs':
			return (
				<LogsPane {...{theme, rect, focused, container}} log={logOf(state, container)} look={state.logLook} range={state.logRange} rate={state.logRate.perSecond} full={false} />
			);
		case 'shell': {
			const place = state.shells.findIndex(({key}) => key === state.activeShell);
			return <ShellPane {...{theme, rect, focused}} typing={state.typing} shell={state.shells[place]} count={state.shells.length} place={place + 1} />;
		}
	}
}

function View({state, theme, rect}: Part & {readonly rect: Rect}) {
	const container = selectedContainer(state);
	const focused = state.overlay === undefined;
	const spec = state.page && tabs[state.page.tab];
	if (state.view === 'sheet' && spec)
		return (
			<SheetView {...{theme, rect, focused, spec}} title={spec.title} sheet={state.sheet} rows={visibleRows(state)} list={state.lists.sheet} marks={state.lists.sheet.marks} />
		);
	if (state.view === 'text' && state.text) return <TextView {...{theme, rect}} text={state.text} />;
	if (state.view === 'stats') return <StatsOf {...{state, theme, rect, focused}} />;
	return <LogsPane {...{theme, rect, focused, container}} log={logOf(state, container)} look={state.logLook} range={state.logRange} rate={state.logRate.perSecond} full />;
}

function Overlays({state, theme}: Part) {
	const {overlay, size: screen} = state;
	switch (overlay?.kind) {
		case 'help':
			return <Help {...{theme, screen}} scope={scopeOf(state)} readOnly={state.settings.readOnly} top={overlay.top} />;
		case 'confirm':
			return <Confirm {...{theme, screen, overlay}} />;
		case 'menu':
			return <Menu {...{theme, screen, overlay}} />;
		case 'palette':
			return <Palette {...{theme, screen, overlay}} entries={paletteEntries(state, overlay.text)} />;
		case 'form':
			return <Form {...{theme, screen, overlay}} />;
		case 'prompt':
			return <Prompt {...{theme, screen, overlay}} />;
		case undefined:
			return null;
	}
}

const shellHints = [{key: 'Ctrl-]', label: 'back to the console; the shell goes on'}];

function Screen({state, theme}: Part) {
	const {size, containers} = state;
	const layout = layoutOf(state);
	const running = containers.filter(container => isLive(container)).length;
	const canvas = useContext(CanvasContext);
	// What a highlighted row shows must be said where nothing is drawn.
	const spoken = canvas
		? undefined
		: `On ${
				state.view === 'sheet'
					? Object.values(selectedRow(state)?.node.cells ?? {})
							.map(({text}) => text)
							.join(' ')
					: state.focus === 'images'
						? (state.lists.images.selected ?? '')
						: (selectedContainer(state)?.name ?? 'nothing')
			}`;
	const panes = Object.entries(layout.panes) as Array<[PaneId, Rect]>;
	return (
		<Box flexDirection="column" width={size.columns} height={size.rows}>
			<StatusLine
				theme={theme}
				width={size.columns}
				hostName={state.hostName}
				running={running}
				stopped={containers.length - running}
				host={state.host}
				now={state.now}
				frozen={state.frozen}
				readOnly={state.settings.readOnly}
			/>
			{layout.kind === 'tabs' && <Tabs theme={theme} focus={state.focus} panes={paneOrder(state)} />}
			{panes.map(([pane, rect]) => (
				<Box key={pane} position="absolute" top={rect.y} left={rect.x} width={rect.width} height={rect.height}>
					<Boundary theme={theme} rect={rect}>
						<Pane {...{state, theme, rect, pane}} />
					</Boundary>
				</Box>
			))}
			{layout.view && state.page && (
				<Box position="absolute" top={layout.view.y - 1} left={0}>
					<PageTabs theme={theme} page={state.page} width={size.columns} />
				</Box>
			)}
			{layout.view && (
				<Box position="absolute" top={layout.view.y} left={layout.view.x} width={layout.view.width} height={layout.view.height}>
					<Boundary key={`${state.view} ${state.page?.tab}`} theme={theme} rect={layout.view}>
						<View {...{state, theme}} rect={layout.view} />
					</Boundary>
				</Box>
			)}
			<Box position="absolute" top={size.rows - 1} left={0}>
				<KeyLine
					theme={theme}
					width={size.columns}
					hints={state.typing ? shellHints : hintsFor(scopeOf(state), state.settings.readOnly)}
					message={state.message}
					progress={progressSentence(state)}
				/>
			</Box>
			{spoken !== undefined && <Lines lines={[spoken]} />}
			<Overlays {...{state, theme}} />
		</Box>
	);
}

export type AppProps = {
	readonly store: Store;
	readonly capabilities: Capabilities;
	/** Takes each frame as it is laid out, where there is a canvas. */
	readonly onFrame?: (frame: Frame) => void;
};

/** The whole screen is a function of the state. */
export function App({store, capabilities, onFrame}: AppProps) {
	const subscribe = useMemo(() => limitFrames(store), [store]);
	const state = useSyncExternalStore(subscribe, store.getState);
	const theme = useMemo(() => createTheme({...capabilities, background: state.theme === 'auto' ? capabilities.background : state.theme}), [capabilities, state.theme]);
	const canvas = useContext(CanvasContext);
	const root = useRef<DOMElement>(null);
	useLayoutEffect(() => {
		if (canvas && root.current) onFrame?.(canvas.frame(root.current, state.size.rows));
	});
	// On a canvas nothing is left for Ink to write: a tree that takes no room is an empty output.
	return (
		<Box ref={root} {...(canvas ? {position: 'absolute' as const} : {})}>
			{layoutOf(state).kind === 'too-small' ? <TooSmall theme={theme} size={state.size} /> : <Screen state={state} theme={theme} />}
		</Box>
	);
}
