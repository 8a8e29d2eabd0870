// SPDX-License-Identifier: Apache-2.0
// example_broker.h - A real mosquitto with the very files of examples/mosquitto, made into a broker
// as its README says: only paths, ports and the listening addresses are others. Debian's own
// mosquitto.conf, which includes them, is stood in for. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/daemon.h"
#include "support/mqtt_probe.h"
#include "support/process.h"
#include "support/temp_dir.h"

namespace iotcard {

class ExampleBroker {
 public:
  explicit ExampleBroker(const TempDir& dir);

  // The strict variant of the access list. Before start().
  void let_devices_read_nothing();
  void let_script_say_states();  // by its section of the list, as user "script"

  void start();  // on the same ports
  void stop();
  void reload();  // as "systemctl reload mosquitto" does
  std::string log() const;

  // Whatever add-device.sh and make-certificates.sh refuse is an exception. Before start(), or the
  // broker has to be told.
  void add_device(const std::string& name);            // with a password
  void add_certified_device(const std::string& name);  // with a certificate
  void add_expired_device(const std::string& name);    // with one that ended yesterday
  void add_user(const std::string& name);              // as add-device.sh would never
  void remove_device(const std::string& name);         // its line
  const std::string& password(const std::string& name) const { return passwords_.at(name); }

  std::string devices_url() const { return url(8883); }
  std::string certified_url() const { return url(8885); }
  std::string staff_url() const { return url(8884); }

  // How such a client comes to its listener.
  MqttProbe::Options device(const std::string& name, bool mqtt5 = true) const;
  MqttProbe::Options certified_device(const std::string& name, bool mqtt5 = true) const;
  MqttProbe::Options staff(const std::string& name, bool mqtt5 = true) const;
  // The daemon's lines of [broker], from examples/mosquitto/iotcardd.toml.
  Daemon::Options daemon() const;

 private:
  std::string url(int port) const;
  std::string file(const std::string& name) const { return certificates_ + "/" + name; }
  void run(std::vector<std::string> command, std::map<std::string, std::string> env = {});
  void write_configuration();

  const TempDir& dir_;
  std::string certificates_;
  std::string passwords_file_;
  std::string output_;                  // of the scripts
  std::map<int, std::uint16_t> ports_;  // of the example: here
  std::map<std::string, std::string> passwords_;
  std::unique_ptr<Process> process_;
};

}  // namespace iotcard
