using System.Runtime.Versioning;
using Spoq.Conductor;
using Spoq.Conductor.Updates;
using Spoq.Core.Wire;

[assembly: UnsupportedOSPlatform("windows")]

// Exit codes of sysexits.h, so that whoever starts us can tell "try later" from "mend the file".
const int Usage = 64;
const int TemporaryFailure = 75;
const int BadConfiguration = 78;

if (args is ["--version"])
{
    Console.WriteLine(ConductorVersion.Current);
    return 0;
}

var isUpdate = args is ["update", ..];
if ((isUpdate ? args[1..] : args) is not ["--config", var file])
{
    await Console.Error.WriteLineAsync("Usage: conductor --config FILE\n       conductor update --config FILE");
    return Usage;
}

if (!ConfigFile.TryRead(file, out var config, out var listen, out var complaint))
{
    await Console.Error.WriteLineAsync(complaint);
    return BadConfiguration;
}

if (isUpdate)
{
    using var http = ConductorApp.ControlPlaneClient(config);
    var program = config.Update?.Program ?? Environment.ProcessPath!;
    return await new Updater(config, DataDirectory.Of(config.DataDirectory), http, program, ThisArtifact.ReleaseKey, TimeProvider.System).RunAsync(CancellationToken.None);
}

if (!DataDirectory.TryOpen(config.DataDirectory, out var data, out complaint))
{
    await Console.Error.WriteLineAsync(complaint);
    return BadConfiguration;
}

using var held = data.TryLock();
if (held is null)
{
    await Console.Error.WriteLineAsync($"Another Conductor already serves {data.Root}. Stop it first; this one leaves it alone.");
    return TemporaryFailure;
}

await using var app = ConductorApp.Build(config, listen, data);
try
{
    await app.StartAsync();
}
catch (IOException taken) when (taken.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
{
    await Console.Error.WriteLineAsync($"{config.Listen} is in use already. Stop what listens there, or change \"listen\" in {file}.");
    return TemporaryFailure;
}

if (config.Socket is { } socket)
{
    Spoq.Conductor.Access.LocalUsers.Open(socket);
}

await data.WriteAsync(DataDirectory.RunFile, ConductorApp.Describe(app), WireJson.Default.RunFile, CancellationToken.None);
try
{
    await ConductorApp.ServeAsync(app);
}
finally
{
    data.Delete(DataDirectory.RunFile);
}

return 0;
