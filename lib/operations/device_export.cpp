// SPDX-License-Identifier: Apache-2.0
#include "operations/device_export.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/utf8.h"
#include "csv/csv_cell.h"

namespace iotcard {
namespace {

constexpr std::string_view device_csv_header =
    "product,device,iccid,bound_since,reports,first_seen,last_seen,outcome,reported_iccid,platform,"
    "rssi,status,firmware_version,user_id,imei,longitude,latitude,leniencies,issues,silent_since,"
    "holder\n";

struct DeviceRowWriter {
  std::string row{};

  void text(std::string_view value) {
    append_csv_field(row, csv_cell(replace_invalid_utf8(value)));
  }
  void time(const std::optional<Instant>& value) {
    append_csv_field(row, value ? to_rfc3339(*value) : "");
  }
  template <typename Number>
  void number(const std::optional<Number>& value) {
    append_csv_field(row, value ? fmt::format("{}", *value) : "");
  }
};

std::string device_csv_row(const ListedDevice& device) {
  const DeviceRow& row = device.row;
  DeviceRowWriter writer;
  writer.text(row.device.product);
  writer.text(row.device.number);
  writer.text(row.binding ? row.binding->iccid.text() : "");
  writer.time(row.binding ? std::optional{row.binding->since} : std::nullopt);
  writer.number(std::optional{row.reports});
  writer.time(row.first_seen);
  writer.time(row.last_seen);
  writer.text(row.outcome);
  writer.text(row.reported_iccid);
  writer.number(row.platform);
  writer.number(row.rssi);
  writer.number(row.status);
  writer.text(row.firmware_version);
  writer.text(row.user_id);
  writer.text(row.imei);
  writer.number(row.longitude);
  writer.number(row.latitude);
  writer.text(join(row.leniencies, " "));
  writer.text(join(row.issues, "; "));
  writer.time(row.silent_since);
  writer.text(device.holder ? device.holder->text() : "");
  return writer.row + "\n";
}

}  // namespace

void export_devices(const RowList<ListedDevice>& devices, const WriteText& write) {
  export_rows(devices, std::string{device_csv_header}, device_csv_row, write);
}

}  // namespace iotcard
