using Microsoft.AspNetCore.Components;

namespace Spoq.Web.Shell;

/// <summary>Asks the server for the current address anew: static pages need a request of their own.</summary>
public sealed class LeaveCircuit(NavigationManager navigation) : ComponentBase
{
    protected override void OnInitialized() => navigation.NavigateTo(navigation.Uri, forceLoad: true, replace: true);
}
