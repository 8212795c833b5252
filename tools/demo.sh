#!/bin/sh
# npm run demo: three live containers from the demo image that the build made, and the console on them.
set -eu
cd "$(dirname "$0")/.."
hawser=$PWD/dist/hawser
[ -x "$hawser" ] && [ -f dist/demo-image.tar ] || { echo 'demo: not built yet: run `npm run setup` first' >&2; exit 1; }
[ "$(id -u)" = 0 ] || { echo 'demo: containers need root here: sudo npm run demo' >&2; exit 125; }

names='demo-web demo-logger demo-job'
running() { "$hawser" ps -q --filter label=hawser.demo 2>/dev/null | wc -l; }

"$hawser" load -q -i dist/demo-image.tar >/dev/null
for name in $names; do "$hawser" rm -f "$name" >/dev/null 2>&1 || :; done

start() { name=$1; shift; "$hawser" run -d --name "$name" --label hawser.demo=true "$@" >/dev/null; }
start demo-web -m 64m --cpus 0.5 --pids-limit 64 -p 8080:80 hawser-demo web 2>/dev/null ||
	{ "$hawser" rm -f demo-web >/dev/null 2>&1 || :; start demo-web -m 64m --cpus 0.5 --pids-limit 64 -p 80 hawser-demo web; }
start demo-logger -m 32m --cpus 0.25 --pids-limit 32 hawser-demo load log
start demo-job -m 192m --cpus 0.8 --pids-limit 32 hawser-demo load rhythm

echo "demo: $(running) containers run; the web server answers on port $("$hawser" port demo-web 80/tcp | head -n 1 | sed 's/.*://')"
if [ -t 0 ] && [ -t 1 ]; then
	"$hawser" || :
	printf 'Remove the three demo containers? [Y/n] '
	read -r answer || answer=n
else
	echo 'demo: no terminal here, so no console; `dist/hawser ps` shows them'
	answer=n
fi
case $answer in
[nN]*) echo "demo: kept; remove them with: dist/hawser rm -f $names" ;;
*) "$hawser" rm -f $names >/dev/null && echo 'demo: removed' ;;
esac
