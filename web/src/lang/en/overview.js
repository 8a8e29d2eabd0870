// SPDX-License-Identifier: Apache-2.0
export default {
  to_look_at: 'To look at', only_abnormal: 'Nothing but abnormal cards, see there.', all_well: 'Nothing needs a person.', reports: 'Reports, 24 h', per_hour: '{n}/h', spark: '{n} reports since {from}, by hour',
  received: 'Received', accepted: 'Accepted', repaired: 'Repaired', at_least: 'at least {share}', rejected: 'Rejected', rejected_day: 'Rejected reports, 24 h',
  broker: 'Broker', connected: 'connected', disconnected: 'not connected', silent: 'Silent devices', failing: 'Platforms failing', quarantined: 'Quarantined events', imports: 'Unfinished imports',
  bound: 'bound', abnormal: 'Abnormal cards', none_abnormal: 'No card is abnormal.', most_used: 'Used most', repairs: 'Repairs by name, 24 h',
  backlog: 'Backlog and space', journal: 'Journal', deferred: 'Deferred', outbox: 'Events to publish', oldest: 'oldest {span}', store: 'Store', free: 'Free', up: 'Running for',
  webhook: 'The webhook {name} fails:', nothing: 'There is no card and no device yet.', import: 'Import a list',
};
