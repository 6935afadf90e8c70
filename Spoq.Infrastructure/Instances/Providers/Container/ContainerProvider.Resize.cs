using System.Globalization;
using Spoq.Core.Billing;
using Spoq.Core.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Providers.Container;

// Another size of the same volume. Podman changes no limits of what is there, and labels of volumes are for ever: network and
// container are made anew and say how large they are, and the volume's word counts only where both are gone.
internal sealed partial class ContainerProvider
{
    public async Task ResizeAsync(string reference, ServerSize size, CancellationToken cancellationToken)
    {
        var ordered = ContainerMark.Read((await engine.FindVolumeAsync(reference, cancellationToken))?.Labels)
            ?? throw new ProviderException("The computer's data is gone.") { Code = "server_gone", IsFinal = true };
        var container = await engine.FindContainerAsync(reference, cancellationToken);
        if (container is not null && ContainerMark.SizeIn(container.Config?.Labels) == size && await SizeAsync(ordered, cancellationToken) == size)
        {
            return;
        }

        if (await engine.FindImageAsync(options.Value.Image, cancellationToken) is null)
        {
            throw new ProviderException("The system for computers is not installed here at the moment.") { Code = "no_image", WaitFor = TimeSpan.FromMinutes(1) };
        }

        await engine.StopContainerAsync(reference, options.Value.StopGraceSeconds, cancellationToken);
        await engine.RemoveContainerAsync(reference, cancellationToken);
        await engine.RemoveNetworkAsync(reference, cancellationToken);
        await MakeAsync(ordered with { Size = size }, cancellationToken);
    }

    /// <summary>Its disk may be the whole machine's, so its own files are counted; only while it runs.</summary>
    public async Task<long?> DataBytesAsync(string reference, CancellationToken cancellationToken)
    {
        if (await engine.FindContainerAsync(reference, cancellationToken) is not { State.Running: true })
        {
            return null;
        }

        var counted = await engine.ExecAsync(reference, ["du", "-sx", "--block-size=1", "/home"], [], cancellationToken);
        return counted.ExitCode == 0 && long.TryParse(counted.Output.Split('\t')[0], CultureInfo.InvariantCulture, out var bytes) ? bytes : null;
    }

    private async Task<ServerSize> SizeAsync(ContainerMark ordered, CancellationToken cancellationToken) =>
        ContainerMark.SizeIn((await engine.FindNetworkAsync(ordered.Name, cancellationToken))?.Labels) ?? ordered.Size;
}
