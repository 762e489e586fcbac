// How long the driver has driven since the last rest. The same rule as wastehub/domain/driving_time.py, for a phone
// without a network; both are judged by tests/domain/driving_time_cases.json. Whole seconds of one clock.

const level = (spent, limit, warn) => (spent > limit ? 'over' : spent >= limit - warn ? 'soon' : 'ok');

// moments: [{what: 'depart' | 'stand' | 'rest_begin' | 'rest_end' | 'finish', at_s}], rule: {max_s, break_s, day_max_s, warn_s}
export function count(moments, rule, now_s) {
  let state = 'off';
  let before = 'off';
  let at = 0;
  let restSince = 0;
  let sinceRest = 0;
  let driven = 0;
  let worst = 0;
  const runTo = (then) => {
    if (state === 'driving') {
      sinceRest += then - at;
      driven += then - at;
      worst = Math.max(worst, sinceRest);
    } else if (state === 'resting' && then - restSince >= rule.break_s) sinceRest = 0;
    at = then;
  };
  const take = (what) => {
    if (what === 'rest_begin') {
      if (state === 'resting') return;
      [before, state, restSince] = [state, 'resting', at];
    } else if (what === 'rest_end') {
      if (state === 'resting') state = before;
    } else if (what === 'stand') {
      // Whoever rests at a gate rests on while the other one loads.
      [state, before] = state === 'resting' ? ['resting', 'standing'] : ['standing', 'off'];
    } else state = what === 'depart' ? 'driving' : 'off';
  };
  for (const moment of [...moments].sort((a, b) => a.at_s - b.at_s)) {
    if (moment.at_s > now_s) break;
    runTo(moment.at_s);
    take(moment.what);
  }
  runTo(now_s);
  const resting = state === 'resting';
  const rest_s = resting ? now_s - restSince : 0;
  return {
    state,
    since_rest_s: sinceRest,
    left_s: Math.max(0, rule.max_s - sinceRest),
    driven_s: driven,
    rest_s,
    rest_left_s: resting ? Math.max(0, rule.break_s - rest_s) : 0,
    worst_s: worst,
    level: level(sinceRest, rule.max_s, rule.warn_s),
    day_level: level(driven, rule.day_max_s, rule.warn_s),
  };
}
