// SPDX-License-Identifier: Apache-2.0
// webhook_sender.h - The thread of one webhook, named "webhook-NAME": it has a store connection and
// an HTTP connection of its own, and nothing waits for it. What fails in it is a failure of this
// webhook only. The public functions may be called from any thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "webhook/webhook_delivery.h"

namespace iotcard {

class WebhookSender {
 public:
  struct Ports {
    const Clock& clock;
    std::function<std::unique_ptr<Store>()> open_store;
    WebhookLog log;
    std::function<std::unique_ptr<HttpClient>(HttpOptions)> make_http = make_http_client;
  };

  // Sends the published events of this client. May throw HttpError.
  WebhookSender(Webhook webhook, std::string client_id, Ports ports);
  ~WebhookSender();  // stop()

  void start();      // throws std::system_error, and may be called again then
  void interrupt();  // stop() follows: a request under way is given up
  void stop();       // within a second

  const WebhookSettings& settings() const { return webhook_.settings; }

 private:
  void run() noexcept;
  void deliver();
  void save_at_end(WebhookDelivery& delivery);
  bool wait(Duration longest);  // false: stopping
  void log_once(const std::string& problem);

  const Webhook webhook_;
  const std::string client_id_;
  const Ports ports_;
  const std::unique_ptr<HttpClient> http_;
  std::string problem_;  // logged; of the thread

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace iotcard
