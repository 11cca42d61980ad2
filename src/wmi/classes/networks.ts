import type { ClassSource } from "../schema/model.ts";

/**
 * Virtual networks.
 * @wmi Msvm_VirtualSwitchManagementService partial: private networks; a port is made by what is plugged in
 * @wmi Msvm_VirtualSwitch partial: no chimney
 * @wmi Msvm_SwitchPort partial: no lists of addresses, no chimney
 * @wmi Msvm_VLANEndpoint full
 * @wmi Msvm_VLANEndpointSettingData partial: no pruning
 */
export const networkClasses: readonly ClassSource[] = [
  {
    name: "Msvm_VirtualSwitch",
    extends: "CIM_ComputerSystem",
    description: "A virtual network.",
    properties: { ScopeOfResidence: "string", NumLearnableAddresses: "uint32", MaxVMQOffloads: "uint32" },
  },
  {
    name: "Msvm_SwitchPort",
    extends: "CIM_ServiceAccessPoint",
    description:
      "Where an adapter is plugged into a virtual network; it is there whether the adapter has power or not.",
    properties: {
      ScopeOfResidence: "string",
      VMQOffloadWeight: "uint32",
      VMQOffloadUsage: "uint32",
      AllowMacSpoofing: "boolean",
    },
  },
  {
    name: "Msvm_VLANEndpoint",
    extends: "CIM_ServiceAccessPoint",
    description: "How a port takes part in VLANs.",
    properties: { DesiredEndpointMode: "uint16", OperationalEndpointMode: "uint16" },
    values: {
      DesiredEndpointMode: { 2: "Access", 5: "Trunk" },
      OperationalEndpointMode: { 2: "Access", 5: "Trunk" },
    },
  },
  {
    name: "Msvm_VLANEndpointSettingData",
    extends: "CIM_SettingData",
    description: "The VLANs of a port. An AccessVLAN of 0 is none.",
    properties: {
      AccessVLAN: "uint16",
      NativeVLAN: "uint16",
      DefaultVLAN: "uint16",
      TrunkedVLANList: "uint16[]",
    },
  },
  {
    name: "Msvm_VirtualSwitchManagementService",
    extends: "CIM_Service",
    description: "Makes and removes virtual networks.",
    methods: {
      CreateSwitch: {
        in: {
          Name: "string",
          FriendlyName: "string",
          NumLearnableAddresses: "uint32",
          ScopeOfResidence: "string",
        },
        out: { CreatedVirtualSwitch: "ref Msvm_VirtualSwitch" },
      },
      DeleteSwitch: { in: { VirtualSwitch: "ref Msvm_VirtualSwitch" } },
      DisconnectSwitchPort: { in: { SwitchPort: "ref Msvm_SwitchPort" } },
      CreateSwitchPort: "notImplemented",
      DeleteSwitchPort: "notImplemented",
      ConnectSwitchPort: "notImplemented",
      CreateInternalEthernetPort: "notImplemented",
      CreateInternalEthernetPortDynamicMac: "notImplemented",
      DeleteInternalEthernetPort: "notImplemented",
      BindExternalEthernetPort: "notImplemented",
      UnbindExternalEthernetPort: "notImplemented",
      SetupSwitch: "notImplemented",
      TeardownSwitch: "notImplemented",
      StartService: "notImplemented",
      StopService: "notImplemented",
      RequestStateChange: "notImplemented",
    },
  },
  {
    name: "Msvm_HostedAccessPoint",
    extends: "CIM_Dependency",
    association: true,
    description: "The ports of a virtual network.",
  },
  {
    name: "Msvm_BindsTo",
    extends: "CIM_Dependency",
    association: true,
    description: "The port that a VLAN endpoint belongs to.",
  },
  {
    name: "Msvm_NetworkElementSettingData",
    extends: "CIM_SettingAssociation",
    association: true,
    description: "What a VLAN endpoint is set to.",
  },
];
